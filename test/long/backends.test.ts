import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { setScene, type Scene } from "../helpers/declared";
import { hold } from "../helpers/hold";
import { startPostgres, startS3, type StateServer } from "../helpers/servers";

const backends: [string, (test: Mocha.Context) => Promise<StateServer>][] = [
  ["PostgreSQL", startPostgres],
  ["S3", startS3],
];

for (const [name, start] of backends) {
  describe(`a stack with its state on ${name}, through the real engine`, function () {
    // The S3 server may have to be built.
    this.timeout(600_000);
    let server: StateServer | undefined;
    let scene: Scene | undefined;

    before(async function () {
      server = await start(this);
      const { url, env } = server;
      scene = await setScene({
        files: { "dags/a.py": "a = 1\n" },
        stack: { env: { ...env, PULUMI_BACKEND_URL: url } },
      });
    });
    after(async () => {
      await scene?.dispose();
      await server?.stop();
    });

    it("is deployed, kept, replaced, refreshed, locked and destroyed", async () => {
      assert.ok(scene);
      const { stack, emulator, deploymentId } = scene;
      scene.declare({ etl: { deploymentId, type: "DAG_ONLY", dags: "./dags" } });

      const created = await stack.up();
      assert.equal(created.code, 0, created.all);
      assert.deepEqual(created.steps, { etl: "create" });
      assert.deepEqual((await stack.up()).steps, { etl: "same" });

      // Creation times are told in whole seconds.
      emulator.advance(2000);
      stack.write("dags/a.py", "a = 2\n");
      const { arrived, release } = hold(emulator, "FinalizeDeploy");
      const replacing = stack.up();
      try {
        await Promise.race([arrived, replacing]);
        const second = await stack.run("up", "--yes", "--skip-preview");
        assert.notEqual(second.code, 0);
        assert.match(second.all, /the stack is currently locked by 1 lock\(s\)/);
      } finally {
        release();
      }
      const replaced = await replacing;
      assert.equal(replaced.code, 0, replaced.all);
      assert.deepEqual(replaced.steps, { etl: "replace" });
      assert.deepEqual(
        scene.deploys().map(({ status }) => status),
        ["DEPLOYED", "DEPLOYED"],
      );

      emulator.advance(2000);
      emulator.deployElsewhere(deploymentId);
      const refreshed = await stack.refresh();
      assert.equal(refreshed.code, 0, refreshed.all);
      const { text, resources } = await stack.state();
      const { id, outputs } = resources.find(({ type }) => type.endsWith(":AstroDeploy")) ?? {};
      assert.equal(id, scene.deploys()[1]?.id);
      assert.deepEqual(
        (outputs?.supersededBy as { deployId?: string } | undefined)?.deployId,
        scene.deploys()[2]?.id,
      );
      assert.ok(!text.includes(emulator.token));

      const destroyed = await stack.destroy();
      assert.equal(destroyed.code, 0, destroyed.all);
      assert.deepEqual((await stack.state()).resources, []);
      assert.deepEqual(readdirSync(stack.path(".backend")), [], "the state was in files");
    });
  });
}
