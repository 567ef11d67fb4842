import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Declared } from "../helpers/declared";
import { root, type User } from "../helpers/engine";
import { registryObstacle } from "../helpers/imageTools";
import { skip } from "../helpers/skip";
import { openState, recorded, states, type Recorded } from "../helpers/states";

/** A package that passes every call on to this checkout's, and writes down that it was called. */
const spy = (calls: string) => ({
  "package.json": JSON.stringify({
    name: "pulumi-astro-deploy",
    exports: { ".": "./index.js", "./runtime": "./runtime.js" },
  }),
  "index.js": `module.exports = require(${JSON.stringify(root)});`,
  "runtime.js": `
const { appendFileSync } = require("node:fs");
const runtime = require(${JSON.stringify(join(root, "dist/runtime/index.js"))});
for (const method of Object.keys(runtime)) {
  exports[method] = (...args) => {
    appendFileSync(${JSON.stringify(calls)}, method + "\\n");
    return runtime[method](...args);
  };
}`,
});

/** A user of this machine's who owns nothing. */
const nobody: User = { uid: 65534, gid: 65534 };

/** Why this process cannot run the stack as somebody else, if it cannot. */
function obstacle(): string | undefined {
  if (process.getuid?.() !== 0) return "only root can run the stack as another user";
  const runtime = JSON.stringify(join(root, "dist/runtime/index.js"));
  const { status } = spawnSync(process.execPath, ["-e", `require(${runtime})`], {
    ...nobody,
    cwd: tmpdir(),
  });
  return status === 0 ? undefined : "another user cannot read this checkout";
}

describe("the states of earlier versions", () => {
  it("are there, of the present version too, and one that ships images", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      version: string;
    };
    assert.ok(recorded().includes(version), "npm run record-state makes it");
    const programs = recorded().map((name) =>
      readFileSync(join(states, name, "project", "declared.json"), "utf8"),
    );
    assert.ok(programs.some((text) => text.includes('"image": "oci:')));
  });

  for (const name of recorded()) {
    it(`hold no secret in the clear and no place of a machine: ${name}`, () => {
      const files = readdirSync(join(states, name), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name));
      assert.ok(files.length > 5);
      for (const file of files) {
        const text = readFileSync(file, "latin1");
        for (const pattern of [
          /["' (]\/(?!usr\/local\/airflow\/|blob\/|_["'\\])[\w.-]+\//,
          /file:\/\//,
          // Within what `docker save` writes, a layer is a link to its file.
          /\.\.\/(?![0-9a-f]{64}\.tar)/,
          /\bsig=/,
          /\beyJ/,
          /"(token|signingKey)"/,
          /127\.0\.0\.1|localhost/,
        ]) {
          assert.doesNotMatch(text, pattern, file);
        }
      }
    });
  }
});

/** The earlier versions' states, and who goes on from them. */
const goings = recorded().flatMap((name): [string, string, User | undefined][] => [
  [name, "", undefined],
  [name, ", as another user", nobody],
]);

for (const [name, whose, user] of goings) {
  describe(`the state that ${name} wrote, in another folder with another home${whose}`, function () {
    let scene: Recorded;
    let home: string;

    const declared = JSON.parse(
      readFileSync(join(states, name, "project", "declared.json"), "utf8"),
    ) as Declared;
    const names = Object.keys(declared).sort();
    const shipsImages = Object.values(declared).some(({ image }) => image !== undefined);
    const each = (step: string, others: Record<string, string> = {}) => ({
      ...Object.fromEntries(names.map((resource) => [resource, step])),
      ...others,
    });
    const deploys = async () =>
      Object.fromEntries(
        (await scene.stack.state()).resources
          .filter(({ type }) => type === "pulumi-nodejs:dynamic/astro:AstroDeploy")
          .map((resource) => [resource.urn.split("::").at(-1) ?? "", resource]),
      );
    /** What was sent that changes something, since the last time. */
    const writes = () =>
      scene.emulator.requests
        .splice(0)
        .filter(({ method }) => method !== "GET")
        .map(({ operation }) => operation);
    const log = () => scene.stack.path("calls.log");
    /** How often this checkout was called, by method, since the last time. */
    const calls = () => {
      const count: Record<string, number> = {};
      for (const method of readFileSync(log(), "utf8").trim().split("\n")) {
        count[method] = (count[method] ?? 0) + 1;
      }
      rmSync(log());
      return count;
    };

    before(function () {
      const reason =
        (user && obstacle()) ?? (shipsImages ? registryObstacle(["skopeo"]) : undefined);
      if (reason !== undefined) skip(this, reason);
      home = mkdtempSync(join(tmpdir(), "astro-home-"));
      if (user) chownSync(home, user.uid, user.gid);
    });
    after(() => {
      rmSync(home, { recursive: true, force: true });
    });
    beforeEach(async () => {
      scene = await openState(name, { env: { HOME: home }, ...(user && { user }) });
      const { stack } = scene;
      rmSync(stack.path("node_modules", "pulumi-astro-deploy"));
      for (const [file, text] of Object.entries(spy(log()))) {
        stack.write(join("node_modules", "pulumi-astro-deploy", file), text);
      }
    });
    afterEach(() => scene.dispose());

    it("is refreshed, kept, resumed, replaced and destroyed by the present version", async () => {
      const { emulator, stack } = scene;
      const before = await deploys();
      assert.deepEqual(Object.keys(before).sort(), names);

      const refreshed = await stack.refresh();
      assert.equal(refreshed.code, 0, refreshed.all);
      assert.equal(calls().read, names.length);
      assert.deepEqual(writes(), []);
      const after = await deploys();
      for (const resource of names) {
        const [was, is] = [before[resource], after[resource]];
        assert.equal(is?.id, was?.id);
        assert.deepEqual(is?.inputs, was?.inputs);
        for (const output of ["status", "progress", "fingerprint", "supersededBy"]) {
          // Earlier versions left out what is absent, which is null now.
          const [old, now] = [was, is].map((it) => it?.outputs?.[output] ?? undefined);
          assert.deepEqual(now, old, `${resource}.${output}`);
        }
      }
      assert.ok(after.held?.outputs?.supersededBy);
      assert.equal(after.etl?.outputs?.dagsUploadUrl, undefined);
      assert.notEqual(after.bare?.outputs?.dagsUploadUrl, undefined);

      const same = await stack.up();
      assert.equal(same.code, 0, same.all);
      assert.deepEqual(same.steps, each("same", { unfinished: "update" }));
      assert.deepEqual(writes(), ["FinalizeDeploy"]);
      assert.equal((await deploys()).unfinished?.outputs?.status, "DEPLOYED");
      assert.deepEqual((await stack.preview()).steps, each("same"));

      stack.write("dags/orders.py", "orders = 2\n");
      const replaced = await stack.up();
      assert.equal(replaced.code, 0, replaced.all);
      assert.deepEqual(replaced.steps, each("same", { etl: "replace" }));
      assert.deepEqual(writes(), ["CreateDeploy", "PutBlob", "FinalizeDeploy"]);
      const etl = (await deploys()).etl?.outputs;
      assert.equal(etl?.status, "DEPLOYED");
      const members = await emulator.members(String(etl.dagTarballVersion));
      assert.deepEqual(
        members.filter(({ type }) => type === "file").map(({ name: member }) => member),
        ["dags/lib/common.py", "dags/orders.py"],
      );
      calls();

      const { bundles } = emulator.deployments.find(({ id }) => id === etl.deploymentId) ?? {};
      assert.equal(bundles?.length, 1);
      await destroy();
    });

    it("is destroyed at once", async () => {
      await destroy();
    });

    async function destroy(): Promise<void> {
      const { emulator, stack } = scene;
      const destroyed = await stack.destroy();
      assert.equal(destroyed.code, 0, destroyed.all);
      assert.equal(calls().delete, names.length);
      assert.deepEqual(await deploys(), {});
      // The bundle was to go with the resource.
      assert.deepEqual(writes(), ["CreateDeploy", "FinalizeDeploy"]);
      assert.deepEqual(
        emulator.deployments.flatMap(({ bundles }) => bundles),
        [],
      );
    }
  });
}
