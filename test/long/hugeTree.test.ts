import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { setScene } from "../helpers/declared";

describe("a folder of 100,000 files, through the real engine", function () {
  this.timeout(600_000);

  it("is deployed whole, and deployed again only where one of them changed", async () => {
    const scene = await setScene();
    try {
      for (let folder = 0; folder < 100; folder++) {
        mkdirSync(scene.stack.path(`dags/${folder}`), { recursive: true });
        for (let file = 0; file < 1000; file++) {
          writeFileSync(scene.stack.path(`dags/${folder}/${file}.py`), `dag = ${file}\n`);
        }
      }
      scene.declare({
        etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" },
      });
      const run = await scene.stack.up();
      assert.equal(run.code, 0, run.all);
      const [deploy] = scene.deploys();
      assert.equal(deploy?.status, "DEPLOYED");
      const members = await scene.emulator.members(deploy.dagTarballVersion ?? "");
      assert.equal(new Set(members.map(({ name }) => name)).size, 100_000);
      assert.deepEqual((await scene.stack.preview()).steps, { etl: "same" });

      writeFileSync(scene.stack.path("dags/42/7.py"), "dag = 8\n");
      const preview = await scene.stack.preview();
      assert.deepEqual(preview.steps, { etl: "replace" });
      assert.match(preview.all, /: dags changed: 42\//);
      const { text } = await scene.stack.state();
      assert.ok(text.length < 200_000, `the state has ${text.length} bytes`);
    } finally {
      await scene.dispose();
    }
  });
});
