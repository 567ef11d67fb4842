import assert from "node:assert/strict";
import type { Fault } from "../../emulator";
import { tokenIdOf } from "../../provider/lifecycle/recovery/lostCreate";
import { commit } from "../helpers/declared";
import { hold } from "../helpers/hold";
import { setHostScene, type HostScene } from "../helpers/hostScene";

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

/** In the form of Astro's own answers. */
const busy = { message: "the Deployment is busy", requestId: "a-request", statusCode: 400 };

// test/e2e/resume.test.ts has what the engine itself has a part in.
describe("a deploy that was begun, in the host dynamic", () => {
  let scene: HostScene;

  beforeEach(async () => {
    scene = await setHostScene({
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
      assert.equal(scene.kept()?.id, scene.deploys()[0]?.id);

      const run = await scene.stack.up();
      assert.equal(run.code, 0, run.all);
      assert.deepEqual(run.steps, { etl: "update" });
      assert.deepEqual(statuses(), ["DEPLOYED"]);
      assert.deepEqual((await scene.stack.up()).steps, { etl: "same" });
    });
  }

  it("is not uploaded again when only the finalize was missing", async () => {
    scene.emulator.fail({ operation: "FinalizeDeploy", how: { status: 403 } });
    assert.notEqual((await scene.stack.up()).code, 0);
    assert.ok(scene.operations().includes("PutBlob"));
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(statuses(), ["DEPLOYED"]);
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
    assert.match(
      run.all,
      /the answer to the create request was lost; found deploy \w+ in the list/,
    );
    assert.deepEqual(statuses(), ["DEPLOYED"]);
  });

  for (const version of ["v1beta1", "v1"]) {
    it(`is found with its commit where the answer to its creation was lost, in ${version}`, async () => {
      scene.stack.setEnv("ASTRO_API_VERSION", version);
      scene.stack.setEnv("ASTRO_REQUEST_TIMEOUT_SECONDS", "5");
      const { deploymentId } = scene;
      scene.declare({ etl: { deploymentId, type: "DAG_ONLY", dags: "./dags", git: commit } });
      scene.emulator.fail({ operation: "CreateDeploy", how: "reset", when: "after" });
      const run = await scene.stack.up();
      assert.equal(run.code, 0, run.all);
      assert.match(
        run.all,
        /the answer to the create request was lost; found deploy \w+ in the list/,
      );
      assert.deepEqual(statuses(), ["DEPLOYED"]);
      assert.equal(scene.deploys()[0]?.git?.commitSha, commit.commitSha);
      const refreshed = await scene.stack.refresh();
      assert.equal(refreshed.code, 0, refreshed.all);
      assert.deepEqual((await scene.stack.up()).steps, { etl: "same" });
    });
  }

  it("is found where the service was slow to create it", async () => {
    scene.stack.setEnv("ASTRO_REQUEST_TIMEOUT_SECONDS", "5");
    const { arrived, release } = hold(scene.emulator, "CreateDeploy");
    scene.emulator.onRequest(({ operation, phase }) => {
      // The first look comes right after its answer was missed.
      if (operation === "ListDeploys" && phase === "after") release();
    });
    const [run] = await Promise.all([scene.stack.up(), arrived]);
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(statuses(), ["DEPLOYED"]);
  });

  it("is not confused with one that somebody else begins at the same time", async () => {
    scene.stack.setEnv("ASTRO_REQUEST_TIMEOUT_SECONDS", "5");
    const rivals: string[] = [];
    scene.emulator.onRequest(({ operation, phase }) => {
      if (operation !== "CreateDeploy" || phase !== "before" || rivals.length > 0) return;
      const rival = scene.emulator.foreignDeploy(scene.deploymentId, { status: "INITIALIZED" });
      rivals.push(rival.id);
    });
    scene.emulator.fail({ operation: "CreateDeploy", how: "reset" });
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.match(
      run.all,
      new RegExp(`retrying the create request \\(${rivals.join()} was created by others`),
    );
    assert.deepEqual(statuses(), ["INITIALIZED", "DEPLOYED"]);
    assert.equal(scene.deploys()[0]?.id, rivals[0]);
  });

  it("is left alone where nothing tells whose it is, and the next up makes a fresh one", async () => {
    await scene.dispose();
    scene = await setHostScene({
      files: { "dags/a.py": "a = 1\n" },
      emulator: { token: "a-token-that-says-nothing-of-itself" },
    });
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" } });
    scene.emulator.fail({ operation: "CreateDeploy", how: "reset", when: "after" });
    const failed = await scene.stack.up();
    assert.notEqual(failed.code, 0);
    const [lost] = scene.deploys();
    assert.match(
      failed.all,
      new RegExp(`Cannot tell which of the deploys ${lost?.id ?? ""} is ours`),
    );
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.match(
      run.all,
      new RegExp(`cannot tell whether an interrupted run created ${lost?.id ?? ""}`),
    );
    assert.deepEqual(statuses(), ["INITIALIZED", "DEPLOYED"]);
  });

  it("is left alone where it may be either of two, and the next up makes a fresh one", async () => {
    const subject = { id: tokenIdOf(scene.emulator.token) ?? "" };
    const stop = scene.emulator.onRequest(({ operation, phase }) => {
      if (operation !== "CreateDeploy" || phase !== "before") return;
      stop();
      scene.emulator.foreignDeploy(scene.deploymentId, { status: "INITIALIZED", subject });
    });
    scene.emulator.fail({ operation: "CreateDeploy", how: "reset", when: "after" });
    const failed = await scene.stack.up();
    assert.notEqual(failed.code, 0);
    const ids = scene.deploys().map(({ id }) => id);
    const [, listed = ""] = /Cannot tell which of the deploys (.*) is ours/.exec(failed.all) ?? [];
    assert.deepEqual(listed.split(", ").sort(), [...ids].sort());
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(statuses(), ["INITIALIZED", "INITIALIZED", "DEPLOYED"]);
  });

  it("is kept where a finalize was lost and the next one is refused", async () => {
    scene.emulator.fail({ operation: "FinalizeDeploy", how: "reset" });
    scene.emulator.fail({
      operation: "FinalizeDeploy",
      how: { status: 400, body: busy },
    });
    const failed = await scene.stack.up();
    assert.notEqual(failed.code, 0);
    assert.match(failed.all, /400 the Deployment is busy.* The next `pulumi up` resumes it/s);
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(statuses(), ["DEPLOYED"]);
  });

  describe("with a bundle, of which the service does not say whether it is finalized", () => {
    beforeEach(() => {
      scene.stack.write("shop/dbt_project.yml", "name: shop\n");
      scene.declare({
        shop: {
          deploymentId: scene.deploymentId,
          type: "BUNDLE",
          bundle: "./shop",
          bundleType: "dbt",
          bundleMountPath: "/usr/local/airflow/dbt/shop",
          redeployWhenSuperseded: true,
        },
      });
    });

    it("is waited for where the answer to the finalize was lost", async () => {
      scene.emulator.fail({ operation: "FinalizeDeploy", how: "reset", when: "after" });
      const run = await scene.stack.up();
      assert.equal(run.code, 0, run.all);
      assert.deepEqual(statuses(), ["DEPLOYED"]);
    });

    it("is finalized by the next up where a finalize was lost and the next one refused", async () => {
      scene.stack.setEnv("ASTRO_DEPLOY_TIMEOUT_SECONDS", "1");
      scene.emulator.fail({ operation: "FinalizeDeploy", how: "reset" });
      scene.emulator.fail({
        operation: "FinalizeDeploy",
        how: { status: 400, body: busy },
      });
      const failed = await scene.stack.up();
      assert.notEqual(failed.code, 0);
      assert.match(failed.all, /400 the Deployment is busy.*still INITIALIZED after 1 s\./s);
      const run = await scene.stack.up();
      assert.equal(run.code, 0, run.all);
      assert.deepEqual(statuses(), ["DEPLOYED"]);
      assert.deepEqual((await scene.stack.up()).steps, { shop: "same" });
    });

    it("is replaced by a fresh one where another was deployed to its place meanwhile", async () => {
      scene.emulator.fail({ operation: "FinalizeDeploy", how: { status: 403 } });
      await scene.stack.up();
      scene.emulator.advance(2000);
      const { id } = scene.emulator.foreignDeploy(scene.deploymentId, {
        type: "BUNDLE",
        bundleMountPath: "/usr/local/airflow/dbt/shop",
      });
      const failed = await scene.stack.up();
      assert.notEqual(failed.code, 0);
      assert.match(
        failed.all,
        new RegExp(`deploy ${id} was created after it. It was abandoned; the next .* a new deploy`),
      );
      scene.emulator.advance(2000);
      const run = await scene.stack.up();
      assert.equal(run.code, 0, run.all);
      assert.deepEqual(run.steps, { shop: "replace" });
      assert.deepEqual(statuses(), ["INITIALIZED", "DEPLOYED", "DEPLOYED"]);
      await scene.stack.refresh();
      assert.deepEqual((await scene.stack.up()).steps, { shop: "same" });
    });
  });

  it("is replaced by a fresh one where its upload URL has expired", async () => {
    scene.emulator.onRequest(({ operation, phase }) => {
      if (operation === "CreateDeploy" && phase === "after" && scene.deploys().length === 1) {
        scene.emulator.advance(2 * 3_600_000);
      }
    });
    const failed = await scene.stack.up();
    assert.notEqual(failed.code, 0);
    assert.match(failed.all, /expired.* the next `pulumi up` creates a new deploy/s);
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(run.steps, { etl: "replace" });
    assert.equal(statuses().at(-1), "DEPLOYED");
  });

  it("is replaced by a fresh one where the service shows its upload URL only once", async () => {
    await scene.dispose();
    scene = await setHostScene({
      files: { "dags/a.py": "a = 1\n" },
      emulator: { behaviour: { uploadUrls: "createOnly" } },
    });
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" } });
    scene.emulator.fail({ operation: "PutBlob", how: { status: 409 } });
    await scene.stack.up();
    const resumed = await scene.stack.up();
    assert.match(resumed.all, /Astro gave no URL to upload dags to.* creates a new deploy/s);
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(statuses(), ["INITIALIZED", "DEPLOYED"]);
    scene.stack.write("dags/a.py", "a = 2\n");
    const next = await scene.stack.up();
    assert.equal(next.code, 0, next.all);
  });

  it("is not waited for longer than was asked, where Astro does not answer", async () => {
    scene.stack.setEnv("ASTRO_DEPLOY_TIMEOUT_SECONDS", "2");
    const mend = scene.emulator.fail({ operation: "GetDeploy", how: "hang", times: Infinity });
    const failed = await scene.stack.up();
    assert.notEqual(failed.code, 0);
    assert.match(failed.all, /still INITIALIZED after 2 s\. .* The next `pulumi up` resumes it/s);
    mend();
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(statuses(), ["DEPLOYED"]);
  });

  it("is waited for again where the time ran out", async () => {
    scene.emulator.plan({ processingMs: 3_600_000 });
    scene.stack.setEnv("ASTRO_DEPLOY_TIMEOUT_SECONDS", "1");
    const failed = await scene.stack.up();
    assert.notEqual(failed.code, 0);
    assert.match(failed.all, /still INITIALIZED after 1 s\..*raise astro:deployTimeoutSeconds/s);
    scene.emulator.advance(3_600_000);
    scene.operations();
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(statuses(), ["DEPLOYED"]);
    assert.equal(scene.operations().includes("FinalizeDeploy"), false);
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
});
