import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { backends, inBackend } from "../helpers/backends";
import { program, setScene, type Scene } from "../helpers/declared";
import { Stack } from "../helpers/engine";
import { hold } from "../helpers/hold";
import type { StateServer } from "../helpers/servers";

const up = ["up", "--yes", "--skip-preview"];
const locked = /the stack is currently locked by \d+ lock\(s\)/;

for (const [name, start] of backends) {
  describe(`stacks with their state on ${name}, through the real engine`, function () {
    // The S3 server may have to be built.
    this.timeout(600_000);
    let server: StateServer | undefined;
    let scene: Scene;
    let stack: Stack;
    let projects = 0;

    const project = () => {
      assert.ok(server);
      return inBackend(server, `project-${++projects}`);
    };

    before(async function () {
      server = await start(this);
    });
    after(() => server?.stop());

    beforeEach(async () => {
      const { files, env } = project();
      scene = await setScene({ files: { ...files, "dags/a.py": "a = 1\n" }, stack: { env } });
      ({ stack } = scene);
      declare();
    });
    afterEach(async () => {
      assert.deepEqual(readdirSync(stack.path(".backend")), [], "the state was elsewhere");
      await scene.dispose();
    });

    const declare = () => {
      const { deploymentId } = scene;
      scene.declare({ etl: { deploymentId, type: "DAG_ONLY", dags: "./dags" } });
    };
    const statuses = () => scene.deploys().map(({ status }) => status);
    const etl = async (of: Stack) => {
      const { text, resources } = await of.state();
      assert.ok(!text.includes(scene.emulator.token));
      const { id, outputs } = resources.find(({ type }) => type.endsWith(":AstroDeploy")) ?? {};
      const { supersededBy } = outputs ?? {};
      return { id, supersededBy: (supersededBy as { deployId?: string } | undefined)?.deployId };
    };

    it("are deployed, kept, replaced, refreshed, locked and destroyed", async () => {
      const { emulator, deploymentId } = scene;
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
        const second = await stack.run(...up);
        assert.notEqual(second.code, 0);
        assert.match(second.all, locked);
      } finally {
        release();
      }
      const replaced = await replacing;
      assert.equal(replaced.code, 0, replaced.all);
      assert.deepEqual(replaced.steps, { etl: "replace" });
      assert.deepEqual(statuses(), ["DEPLOYED", "DEPLOYED"]);

      emulator.advance(2000);
      emulator.foreignDeploy(deploymentId);
      const refreshed = await stack.refresh();
      assert.equal(refreshed.code, 0, refreshed.all);
      const [, ours, others] = scene.deploys();
      assert.deepEqual(await etl(stack), { id: ours?.id, supersededBy: others?.id });

      const destroyed = await stack.destroy();
      assert.equal(destroyed.code, 0, destroyed.all);
      assert.deepEqual((await stack.state()).resources, []);
    });

    it("make one deploy where two ups of one stack start together", async () => {
      const runs = await Promise.all([stack.run(...up), stack.run(...up)]);
      for (const { code, all } of runs) if (code !== 0) assert.match(all, locked);
      // Each may have seen the other's lock, and both given way.
      if (runs.every(({ code }) => code !== 0)) await stack.must(...up);
      assert.deepEqual((await stack.up()).steps, { etl: "same" });
      assert.deepEqual(statuses(), ["DEPLOYED"]);
    });

    it("make a deploy each where two deploy to one Deployment", async () => {
      const { files, env } = project();
      const other = await Stack.create({
        files: {
          ...files,
          "index.js": program,
          "dags/b.py": "b = 1\n",
          "declared.json": JSON.stringify({
            etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" },
          }),
        },
        env: { ...scene.emulator.env, ...env },
      });
      try {
        const { arrived, release } = hold(scene.emulator, "FinalizeDeploy");
        const slow = stack.up();
        try {
          await Promise.race([arrived, slow]);
          // Creation times are told in whole seconds.
          scene.emulator.advance(2000);
          const quick = await other.up();
          assert.equal(quick.code, 0, quick.all);
        } finally {
          release();
        }
        const { code, all } = await slow;
        assert.equal(code, 0, all);
        assert.deepEqual(statuses(), ["DEPLOYED", "DEPLOYED"]);

        for (const each of [stack, other]) {
          const refreshed = await each.refresh();
          assert.equal(refreshed.code, 0, refreshed.all);
        }
        // What was begun first has ended last: the Deployment runs it.
        const [first, second] = scene.deploys();
        assert.deepEqual(await etl(stack), { id: first?.id, supersededBy: undefined });
        assert.deepEqual(await etl(other), { id: second?.id, supersededBy: first?.id });
      } finally {
        other.dispose();
      }
    });
  });
}
