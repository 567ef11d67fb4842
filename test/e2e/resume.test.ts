import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import type { Fault } from "../../emulator";
import { setScene, type Scene } from "../helpers/declared";
import { children, kill } from "../helpers/processes";

/** Places where the connection is cut, and what the user is told when it is cut each time. */
const cuts: Record<string, [Fault, RegExp]> = {
  "in the middle of the upload": [
    { operation: "PutBlob", how: { cutAfterBytes: 1024 * 1024 } },
    /was created but is not finished: .* The next `pulumi up` resumes it/s,
  ],
  "during the wait": [
    { operation: "GetDeploy", how: "reset" },
    /still INITIALIZED after 1 s\. .* The next `pulumi up` resumes it/s,
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

  // test/host/resume.test.ts has what may fail beside the upload.
  it("is kept when the upload fails, and finished by the next up", async () => {
    scene.emulator.fail({ operation: "PutBlob", how: { status: 409 } });
    const failed = await scene.stack.up();
    assert.notEqual(failed.code, 0);
    assert.match(
      failed.all,
      /was created but is not finished: .* The next `pulumi up` resumes it/s,
    );
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

  for (const [where, [fault, message]] of Object.entries(cuts)) {
    it(`is kept where the connection is cut ${where} each time, and finished where it is once`, async () => {
      const { emulator, stack } = scene;
      // What does not get smaller.
      writeFileSync(stack.path("dags/model.bin"), randomBytes(4 * 1024 * 1024));
      for (const name of ["UPLOAD", "DEPLOY"]) stack.setEnv(`ASTRO_${name}_TIMEOUT_SECONDS`, "1");
      const mend = emulator.fail({ ...fault, times: Infinity });
      const failed = await stack.up();
      assert.notEqual(failed.code, 0);
      assert.match(failed.all, message);
      assert.equal(scene.deploys().length, 1);

      mend();
      for (const name of ["UPLOAD", "DEPLOY"]) {
        stack.setEnv(`ASTRO_${name}_TIMEOUT_SECONDS`, undefined);
      }
      scene.operations();
      emulator.fail(fault);
      const run = await stack.up();
      assert.equal(run.code, 0, run.all);
      assert.deepEqual(run.steps, { etl: "update" });
      assert.deepEqual(statuses(), ["DEPLOYED"]);
      const asked = scene.operations().filter((operation) => operation === fault.operation);
      assert.ok(asked.length > 1, "the request that was cut is repeated");
    });
  }

  it("is found by another API token where its answer was lost and the engine killed", async () => {
    const { emulator, stack } = scene;
    const engine = stack.start("up", "--yes", "--skip-preview");
    const ended = once(engine, "close");
    const stop = emulator.onRequest(({ operation, phase }) => {
      const { pid = 0 } = engine;
      if (operation === "CreateDeploy" && phase === "after") kill([pid, ...children(pid)]);
    });
    await ended;
    stop();
    await stack.must("cancel", "--yes");
    assert.deepEqual(statuses(), ["INITIALIZED"]);

    stack.setEnv("ASTRO_API_TOKEN", emulator.addToken());
    const run = await stack.up();
    assert.equal(run.code, 0, run.all);
    assert.match(run.all, new RegExp(`resuming deploy ${scene.deploys()[0]?.id ?? ""} of an`));
    assert.deepEqual(statuses(), ["DEPLOYED"]);
  });

  it("is replaced by a fresh one where it FAILED, with the service's reason", async () => {
    scene.emulator.plan({ status: "FAILED", reason: "the DAG bundle is broken" });
    const failed = await scene.stack.up();
    assert.notEqual(failed.code, 0);
    assert.match(
      failed.all,
      /FAILED: the DAG bundle is broken\. The next `pulumi up` creates a new deploy/,
    );
    const preview = await scene.stack.preview();
    assert.deepEqual(preview.steps, { etl: "replace" });
    assert.match(preview.all, /the deploy is FAILED; will be replaced by a new deploy/);
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(statuses(), ["FAILED", "DEPLOYED"]);
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

  it("can be destroyed unfinished", async () => {
    scene.emulator.fail({ operation: "FinalizeDeploy", how: { status: 403 } });
    await scene.stack.up();
    const run = await scene.stack.destroy();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual((await scene.stack.state()).resources, []);
  });
});
