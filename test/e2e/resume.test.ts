import assert from "node:assert/strict";
import type { Fault } from "../../emulator";
import { setScene, type Scene } from "../helpers/declared";

/** Faults after which the deploy exists, and what the user is told. */
const interruptions: Record<string, [Fault, RegExp]> = {
  "the upload fails": [
    { operation: "PutBlob", how: { status: 409 } },
    /was created but is not finished: .* The next `pulumi up` resumes it/s,
  ],
  "the finalize is refused": [
    { operation: "FinalizeDeploy", how: { status: 403 } },
    /lacks the permission deployment\.deploys\.update.* The next `pulumi up` resumes it/s,
  ],
  "the answers to the finalize are lost, and it was not processed": [
    { operation: "FinalizeDeploy", how: "reset", times: 3 },
    /Could not finalize the deploy .* The next `pulumi up` resumes it/s,
  ],
  "the wait is refused": [
    { operation: "GetDeploy", how: { status: 403 } },
    /Could not read the deploy .* The next `pulumi up` resumes it/s,
  ],
};

describe("a deploy that was begun, through the real engine", () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await setScene({
      files: { "dags/a.py": "a = 1\n" },
      emulator: { behaviour: { statusReason: true } },
    });
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" } });
  });
  afterEach(() => scene.dispose());

  const statuses = () => scene.deploys().map(({ status }) => status);

  for (const [name, [fault, message]] of Object.entries(interruptions)) {
    it(`is kept when ${name}, and finished by the next up`, async () => {
      scene.emulator.fail(fault);
      const failed = await scene.stack.up();
      assert.notEqual(failed.code, 0);
      assert.match(failed.all, message);
      const [deploy] = scene.deploys();
      const { resources } = await scene.stack.state();
      const kept = resources.find(({ type }) => type.endsWith(":AstroDeploy"));
      assert.equal(kept?.id, deploy?.id);
      assert.equal(kept?.initErrors?.length, 1);

      const run = await scene.stack.up();
      assert.equal(run.code, 0, run.all);
      assert.deepEqual(run.steps, { etl: "update" });
      assert.deepEqual(statuses(), ["DEPLOYED"]);
      assert.deepEqual((await scene.stack.up()).steps, { etl: "same" });
    });
  }

  it("is not uploaded again when only the finalize was missing", async () => {
    scene.emulator.fail({ operation: "FinalizeDeploy", how: { status: 403 } });
    await scene.stack.up();
    scene.operations();
    await scene.stack.up();
    assert.equal(scene.operations().includes("PutBlob"), false);
  });

  it("is finished where the finalize was processed and its answer lost", async () => {
    scene.emulator.fail({ operation: "FinalizeDeploy", how: "reset", when: "after" });
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(statuses(), ["DEPLOYED"]);
  });

  it("is found in the list where the answer to its creation was lost", async () => {
    scene.emulator.fail({ operation: "CreateDeploy", how: "reset", when: "after" });
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.match(run.all, /the answer to its creation was lost; found in the list of deploys/);
    assert.deepEqual(statuses(), ["DEPLOYED"]);
  });

  it("is not confused with one that somebody else begins at the same time", async () => {
    scene.emulator.deployElsewhere(scene.deploymentId, { status: "INITIALIZED" });
    scene.emulator.fail({ operation: "CreateDeploy", how: "reset", when: "after" });
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(statuses(), ["INITIALIZED", "DEPLOYED"]);
  });

  it("is replaced by a fresh one where it FAILED, with the service's reason", async () => {
    scene.emulator.plan({ status: "FAILED", reason: "the DAG bundle is broken" });
    const failed = await scene.stack.up();
    assert.notEqual(failed.code, 0);
    assert.match(
      failed.all,
      /FAILED: the DAG bundle is broken\. The next `pulumi up` makes a fresh deploy/,
    );
    const preview = await scene.stack.preview();
    assert.deepEqual(preview.steps, { etl: "replace" });
    assert.match(preview.all, /Astro reports FAILED; a fresh deploy is to replace it/);
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(statuses(), ["FAILED", "DEPLOYED"]);
  });

  it("is replaced by a fresh one where its upload URL has expired", async () => {
    scene.emulator.onRequest(({ operation, phase }) => {
      if (operation === "CreateDeploy" && phase === "after" && scene.deploys().length === 1) {
        scene.emulator.advance(2 * 3_600_000);
      }
    });
    const failed = await scene.stack.up();
    assert.notEqual(failed.code, 0);
    assert.match(failed.all, /expired.* the next `pulumi up` makes a fresh deploy/s);
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(run.steps, { etl: "replace" });
    assert.equal(statuses().at(-1), "DEPLOYED");
  });

  it("is replaced by a fresh one where the service shows its upload URL only once", async () => {
    await scene.dispose();
    scene = await setScene({
      files: { "dags/a.py": "a = 1\n" },
      emulator: { behaviour: { uploadUrls: "createOnly" } },
    });
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" } });
    scene.emulator.fail({ operation: "PutBlob", how: { status: 409 } });
    await scene.stack.up();
    const resumed = await scene.stack.up();
    assert.match(resumed.all, /Astro gave no URL to upload dags to.* makes a fresh deploy/s);
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(statuses(), ["INITIALIZED", "DEPLOYED"]);
  });

  it("is waited for again where the time ran out", async () => {
    scene.emulator.plan({ processingMs: 3_600_000 });
    scene.stack.setEnv("ASTRO_DEPLOY_TIMEOUT_SECONDS", "1");
    const failed = await scene.stack.up();
    assert.notEqual(failed.code, 0);
    assert.match(
      failed.all,
      /still INITIALIZED after 1 seconds.*raise astro:deployTimeoutSeconds/s,
    );
    scene.emulator.advance(3_600_000);
    scene.operations();
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(statuses(), ["DEPLOYED"]);
    assert.equal(scene.operations().includes("FinalizeDeploy"), false);
  });

  it("is not waited for with wait: false, and shown as DEPLOYED after a refresh", async () => {
    scene.emulator.plan({ processingMs: 3_600_000 });
    scene.declare({
      etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags", wait: false },
    });
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.equal(((await scene.stack.outputs()).etl as { status: string }).status, "INITIALIZED");
    assert.deepEqual((await scene.stack.up()).steps, { etl: "same" });
    scene.emulator.advance(3_600_000);
    await scene.stack.refresh();
    const { resources } = await scene.stack.state();
    assert.equal(
      resources.find(({ id }) => id === scene.deploys()[0]?.id)?.outputs?.status,
      "DEPLOYED",
    );
  });

  it("is resumed after a refresh in between", async () => {
    scene.emulator.fail({ operation: "FinalizeDeploy", how: { status: 403 } });
    await scene.stack.up();
    const refreshed = await scene.stack.refresh();
    assert.equal(refreshed.code, 0, refreshed.all);
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(statuses(), ["DEPLOYED"]);
  });

  it("can be destroyed unfinished", async () => {
    scene.emulator.fail({ operation: "FinalizeDeploy", how: { status: 403 } });
    await scene.stack.up();
    const run = await scene.stack.destroy();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual((await scene.stack.state()).resources, []);
  });
});
