import assert from "node:assert/strict";
import { setScene, type Scene } from "../helpers/declared";

const notice = "API version v1beta1 has ended, so this run uses v1. Set astro:apiVersion to v1.";

describe("v1beta1 once it has ended, through the real engine", () => {
  let scene: Scene;
  let etl: Record<string, unknown>;

  beforeEach(async () => {
    scene = await setScene({
      files: { "dags/a.py": "a = 1\n", "shop/dbt_project.yml": "name: shop\n" },
    });
    etl = { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" };
  });
  afterEach(() => scene.dispose());

  /** What Astro did since the last time, by API version; uploads have none. */
  const processed = () =>
    scene.emulator.requests
      .splice(0)
      .filter(({ status, path }) => status === 200 && path.includes("/organizations/"))
      .map(({ path, operation }) => `${path.startsWith("/v1/") ? "v1" : "v1beta1"} ${operation}`);

  const up = async () => {
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    return run;
  };

  for (const status of [404, 410] as const) {
    it(`has pulumi up deploy by v1 where it answers ${status}, and say so`, async () => {
      const { deploymentId } = scene;
      scene.emulator.endVersion("v1beta1", status);
      scene.declare({ etl, hand: { deploymentId, type: "IMAGE_ONLY" } });
      const run = await up();
      // Once in the course of the run, and once at its end.
      assert.equal(run.stdout.split("Diagnostics:").at(-1)?.split(notice).length, 2, run.all);
      assert.equal(scene.deploys().length, 2);
      assert.ok(scene.deploys().some(({ status }) => status === "DEPLOYED"));
      assert.deepEqual((await up()).steps, { etl: "same", hand: "same" });
    });
  }

  it("has pulumi refresh keep what it deployed, and nothing deployed for it", async () => {
    scene.declare({ etl });
    await up();
    scene.emulator.endVersion("v1beta1", 404);
    const refreshed = await scene.stack.refresh();
    assert.equal(refreshed.code, 0, refreshed.all);
    assert.ok(refreshed.all.includes(notice), refreshed.all);
    assert.deepEqual((await up()).steps, { etl: "same" });
    assert.equal(scene.deploys().length, 1);
  });

  it("has pulumi refresh forget what v1 does not know either, if its Deployment is there", async () => {
    scene.declare({ etl });
    await up();
    scene.emulator.endVersion("v1beta1", 404);
    scene.emulator.fail({ operation: "GetDeploy", how: { status: 404 }, times: 2 });
    const refreshed = await scene.stack.refresh();
    assert.equal(refreshed.code, 0, refreshed.all);
    assert.deepEqual(
      (await scene.stack.state()).resources.filter(({ id }) => id === scene.deploys()[0]?.id),
      [],
    );
  });

  it("leaves a deploy that it began unfinished, and the next pulumi up finishes it by v1", async () => {
    scene.declare({ etl });
    const stop = scene.emulator.onRequest(({ phase, operation }) => {
      if (phase === "after" && operation === "PutBlob") scene.emulator.endVersion("v1beta1");
    });
    const failed = await scene.stack.up();
    stop();
    assert.notEqual(failed.code, 0);
    assert.match(
      failed.all,
      /Could not finalize the deploy \w+: 410 .*The next `pulumi up` resumes/s,
    );
    assert.deepEqual(processed(), ["v1beta1 GetDeployment", "v1beta1 CreateDeploy"]);

    const run = await up();
    assert.deepEqual(run.steps, { etl: "update" });
    assert.ok(run.all.includes(notice), run.all);
    assert.equal(scene.deploys().length, 1);
    assert.equal(scene.deploys()[0]?.status, "DEPLOYED");
    const finished = processed();
    assert.ok(finished.includes("v1 FinalizeDeploy"));
    assert.ok(finished.every((request) => request.startsWith("v1 ")));
  });

  it("has pulumi destroy remove a bundle by v1", async () => {
    const { deploymentId } = scene;
    const shop = { deploymentId, type: "BUNDLE", bundle: "./shop", bundleType: "dbt" };
    scene.declare({ shop: { ...shop, removeBundleOnDelete: true } });
    await up();
    scene.emulator.endVersion("v1beta1");
    const destroyed = await scene.stack.destroy();
    assert.equal(destroyed.code, 0, destroyed.all);
    assert.deepEqual(scene.emulator.deployments[0]?.bundles, []);
  });

  it("has look-ups answered by v1", async () => {
    const { stack, emulator } = scene;
    scene.declare({ etl });
    await up();
    emulator.endVersion("v1beta1");
    stack.write(
      "index.js",
      `const { getNewestDeploy } = require("pulumi-astro-deploy");
      module.exports = async () => ({ newest: await getNewestDeploy({ deploymentId: "${scene.deploymentId}" }) });`,
    );
    const run = await stack.up();
    assert.equal(run.code, 0, run.all);
    assert.ok(run.all.includes(notice), run.all);
    assert.equal(((await stack.outputs()).newest as { id: string }).id, scene.deploys()[0]?.id);
  });

  it("is not left for v1 if v1 was chosen, which says how", async () => {
    scene.stack.setEnv("ASTRO_API_VERSION", "v1");
    scene.emulator.endVersion("v1");
    scene.declare({ etl });
    const run = await scene.stack.up();
    assert.notEqual(run.code, 0);
    assert.match(run.all, /API version v1 has ended/);
    assert.ok(scene.emulator.requests.every(({ path }) => path.startsWith("/v1/")));
  });
});
