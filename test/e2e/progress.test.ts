import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { setScene, type Scene } from "../helpers/declared";

describe("what is told of a deploy under way, through the real engine", () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await setScene({
      files: { "dags/a.py": "a = 1\n" },
      emulator: { processingMs: 1000 },
      // Wherever the tests themselves run.
      stack: { env: { CI: "false" } },
    });
    // What does not get smaller, so that the upload takes several blocks.
    writeFileSync(scene.stack.path("dags/model.bin"), randomBytes(24 * 1024 * 1024));
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" } });
  });
  afterEach(() => scene.dispose());

  it("says where it is, step by step, with a percentage of the upload", async () => {
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    const steps = [
      /packing dags$/m,
      /: uploading dags, 24\.\d MiB$/m,
      /: uploading dags, 24\.\d MiB: [1-9]0 %/,
      /: finalizing/,
      /: waiting for DEPLOYED/,
    ];
    const places = steps.map((step) => run.all.search(step));
    assert.equal(places.includes(-1), false, run.all);
    assert.deepEqual(
      places,
      [...places].sort((a, b) => a - b),
    );
  });

  it("says nothing of it in the log of a CI system", async () => {
    scene.stack.setEnv("CI", "true");
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.doesNotMatch(run.all, /packing|uploading|finalizing|waiting/);
  });
});
