import assert from "node:assert/strict";
import { join } from "node:path";
import { startEmulator, type Emulator } from "../../emulator";
import { root, Stack } from "../helpers/engine";

const program = `
const pulumi = require("@pulumi/pulumi");
const { AstroDeploy } = require("pulumi-astro-deploy");
const config = new pulumi.Config();
const etl = new AstroDeploy("etl", { deploymentId: config.require("deploymentId"), type: "DAG_ONLY", dags: "./dags" });
exports.id = etl.id;
exports.status = etl.status;
exports.dagTarballVersion = etl.dagTarballVersion;
`;

describe("a folder of DAGs, through the real engine", () => {
  let emulator: Emulator;
  let stack: Stack;
  let deploymentId: string;

  before(async () => {
    emulator = await startEmulator();
    deploymentId = emulator.deployments[0]?.id ?? "";
    stack = await Stack.create({
      files: { "index.js": program, "dags/a.py": "a = 1\n", "dags/lib/b.py": "b = 1\n" },
      config: { deploymentId },
      env: emulator.env,
    });
  });
  after(async () => {
    stack.dispose();
    await emulator.close();
  });

  it("is shown as a create, and sends nothing", async () => {
    const run = await stack.preview();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(run.steps, { etl: "create" });
    assert.deepEqual(emulator.requests, []);
  });

  it("becomes a deploy with the status DEPLOYED", async () => {
    const run = await stack.up();
    assert.equal(run.code, 0, run.all);
    const outputs = await stack.outputs();
    const [deploy, ...others] = emulator.deploys(deploymentId);
    assert.deepEqual(others, []);
    assert.equal(outputs.id, deploy?.id);
    assert.equal(outputs.status, "DEPLOYED");
    assert.equal(deploy?.status, "DEPLOYED");
    assert.deepEqual(
      (await emulator.members(String(outputs.dagTarballVersion))).map(({ name }) => name),
      ["dags/a.py", "dags/lib/b.py"],
    );
  });

  it("is the same as long as nothing changes, wherever the folder's times come from", async () => {
    stack.write("dags/a.py", "a = 1\n");
    const run = await stack.up();
    assert.deepEqual(run.steps, { etl: "same" });
    assert.equal(emulator.deploys(deploymentId).length, 1);
  });

  it("shows in the preview which files changed, and that it means another deploy", async () => {
    stack.write("dags/a.py", "a = 2\n");
    stack.write("dags/c.py", "c = 1\n");
    const run = await stack.preview("--diff");
    assert.deepEqual(run.steps, { etl: "replace" });
    assert.match(run.all, /etl \(Deployment \w+\): dags changed: a\.py; added: c\.py/);
    assert.match(run.all, /~ a\.py/);
    assert.match(run.all, /\+ c\.py/);
    assert.doesNotMatch(run.all, /[+~-] lib\/b\.py/);
  });

  it("is deployed anew when the content changed", async () => {
    const run = await stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(run.steps, { etl: "replace" });
    assert.equal(emulator.deploys(deploymentId).length, 2);
  });

  it("does not change by a refresh", async () => {
    const run = await stack.refresh();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual((await stack.up()).steps, { etl: "same" });
  });

  it("is forgotten by a destroy, which says that it keeps running", async () => {
    const run = await stack.destroy();
    assert.equal(run.code, 0, run.all);
    assert.match(run.all, /what it deployed keeps running/);
    assert.equal(emulator.deploys(deploymentId).length, 2);
    assert.deepEqual((await stack.state()).resources, []);
  });
});

describe("a program that astro-emulator runs", () => {
  it("deploys to it with no settings of its own, and its output is the command's", async () => {
    const stack = await Stack.create({
      files: { "index.js": program, "dags/a.py": "a = 1\n" },
      config: { deploymentId: "etl" },
    });
    try {
      const emulator = [process.execPath, join(root, "dist", "emulator", "cli.js")];
      const options = ["--deployment", "etl", "--dir", stack.path(".astro-emulator"), "--"];
      const run = await stack.runUnder([...emulator, ...options], "up", "--yes", "--skip-preview");
      assert.equal(run.code, 0, run.all);
      assert.match(run.stdout, /status +: "DEPLOYED"/);
      assert.match(run.stderr, /^astro-emulator: http:/);
    } finally {
      stack.dispose();
    }
  });
});
