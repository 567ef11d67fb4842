import assert from "node:assert/strict";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { setScene, type Scene } from "../helpers/declared";
import { root } from "../helpers/engine";

const library = `
const { AstroDeploy } = require("pulumi-astro-deploy");
exports.deploy = (name, args) => new AstroDeploy(name, args);
`;
const program = `
require("our-deploys").deploy("etl", {
  deploymentId: process.env.DEPLOYMENT,
  type: "DAG_ONLY",
  dags: "./dags",
});
`;

describe("a library that depends on this package, as pnpm installs it, through the real engine", () => {
  let scene: Scene;
  const store = "node_modules/.pnpm/our-deploys@1.0.0/node_modules";

  before(async () => {
    scene = await setScene({
      files: {
        "index.js": program,
        "dags/a.py": "",
        [`${store}/our-deploys/package.json`]: '{"name":"our-deploys","main":"index.js"}',
        [`${store}/our-deploys/index.js`]: library,
      },
    });
    const { stack, deploymentId } = scene;
    stack.setEnv("DEPLOYMENT", deploymentId);
    const link = (name: string, target: string) => {
      mkdirSync(dirname(stack.path(name)), { recursive: true });
      symlinkSync(target, stack.path(name), "dir");
    };
    link(`${store}/pulumi-astro-deploy`, root);
    link(`${store}/@pulumi/pulumi`, join(root, "node_modules", "@pulumi", "pulumi"));
    stack.link("our-deploys", stack.path(store, "our-deploys"));
  });
  after(() => scene.dispose());

  it("says where to install it at up, refresh and destroy, and works once it is there", async () => {
    const { stack } = scene;
    const saysSo = async (operation: "up" | "refresh" | "destroy") => {
      const run = await stack[operation]();
      assert.notEqual(run.code, 0, run.all);
      assert.match(run.all, /pulumi-astro-deploy is not installed in the program's folder \(/);
      assert.ok(run.all.includes(stack.folder));
      assert.doesNotMatch(run.all, /Cannot find module|Require stack|\bat .*callRuntime/);
    };
    const installed = stack.path("node_modules", "pulumi-astro-deploy");
    rmSync(installed);
    await saysSo("up");
    symlinkSync(root, installed, "dir");
    assert.equal((await stack.up()).code, 0);
    rmSync(installed);
    await saysSo("refresh");
    await saysSo("destroy");
    symlinkSync(root, installed, "dir");
    assert.equal((await stack.destroy()).code, 0);
  });
});
