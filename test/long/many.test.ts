import assert from "node:assert/strict";
import { watch } from "node:fs";
import { mkdir } from "node:fs/promises";
import { backends, inBackend } from "../helpers/backends";
import { setScene, type Declared, type Scene } from "../helpers/declared";
import { hold } from "../helpers/hold";
import type { StateServer } from "../helpers/servers";

for (const [name, start] of backends) {
  describe(`200 deploys at --parallel 64 with their state on ${name}, through the real engine`, function () {
    this.timeout(600_000);
    let server: StateServer | undefined;
    let scene: Scene | undefined;

    before(async function () {
      server = await start(this);
    });
    after(async () => {
      await scene?.dispose();
      await server?.stop();
    });

    it("all come to their end within the documented rates, from one package", async () => {
      assert.ok(server);
      const each = 10;
      const { files, env } = inBackend(server, "many");
      scene = await setScene({
        files: { ...files, "dags/a.py": "a = 1\n", "dags/lib/b.py": "b = 1\n" },
        emulator: { deployments: Array.from({ length: 20 }, () => ({})) },
        // A request is held back below for as long as it takes.
        stack: { env: { ...env, ASTRO_REQUEST_TIMEOUT_SECONDS: "600" } },
      });
      const { emulator, stack } = scene;
      const ids = emulator.deployments.map(({ id }) => id);
      const declared: Declared = {};
      for (const [deployment, deploymentId] of ids.entries()) {
        for (let number = 0; number < each; number++) {
          const name = `etl-${deployment}-${number}`;
          declared[name] = { deploymentId, type: "DAG_ONLY", dags: "./dags", description: name };
        }
      }
      scene.declare(declared);
      const names = Object.keys(declared);
      assert.equal(names.length, 200);

      const temporary = stack.path("tmp");
      await mkdir(temporary);
      stack.setEnv("TMPDIR", temporary);
      const packages = new Set<string>();
      const watcher = watch(temporary, (_, name) => {
        if (name?.startsWith("pulumi-astro-deploy-")) packages.add(name);
      });

      // A package is kept for as long as someone uses it: the first does until all have theirs.
      const { release } = hold(emulator, "CreateDeploy");
      let prepared = 0;
      emulator.onRequest(({ operation, phase }) => {
        if (operation === "GetDeployment" && phase === "after" && ++prepared === names.length) {
          release();
        }
      });
      const run = await stack.up("--parallel", "64");
      release();
      watcher.close();
      assert.equal(run.code, 0, run.all);
      assert.deepEqual(
        Object.values(run.steps),
        names.map(() => "create"),
      );

      const deploys = ids.flatMap((id) => emulator.deploys(id));
      assert.deepEqual(
        deploys.map(({ status }) => status),
        names.map(() => "DEPLOYED"),
      );
      assert.deepEqual(deploys.map(({ description }) => description).sort(), names.sort());
      const outputs = Object.values(await stack.outputs()) as { id: string; status: string }[];
      assert.deepEqual(outputs.map(({ id }) => id).sort(), deploys.map(({ id }) => id).sort());
      assert.deepEqual(
        emulator.requests.filter(({ status }) => status === undefined || status >= 400),
        [],
      );
      assert.deepEqual([packages.size, prepared], [1, names.length]);
      const counts: Record<string, number> = {};
      for (const operation of scene.operations()) counts[operation] = (counts[operation] ?? 0) + 1;
      for (const operation of ["CreateDeploy", "PutBlob", "FinalizeDeploy"]) {
        assert.equal(counts[operation], names.length, operation);
      }

      assert.deepEqual(
        Object.values((await stack.up("--parallel", "64")).steps),
        names.map(() => "same"),
      );
      assert.deepEqual(scene.operations(), []);
    });
  });
}
