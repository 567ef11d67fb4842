import assert from "node:assert/strict";
import type { EmulatorOptions, Fault, HibernationOverride } from "../../emulator";
import { setScene, shop, type Scene } from "../helpers/declared";
import { eventually } from "../helpers/eventually";
import { hold } from "../helpers/hold";

const wake = "UpdateDeploymentHibernationOverride";
const end = "DeleteDeploymentHibernationOverride";
const hourMs = 3_600_000;

describe("a deploy to a hibernating Deployment, through the real engine", () => {
  let scene: Scene;
  afterEach(() => scene.dispose());

  async function setHibernating(
    options: EmulatorOptions & { override?: HibernationOverride; args?: object } = {},
  ): Promise<void> {
    const { override, args = { wakeUp: true }, ...emulator } = options;
    const scalingSpec = override && { hibernationSpec: { override } };
    scene = await setScene({
      files: {
        "dags/a.py": "a = 1\n",
        "shop/dbt_project.yml": "name: shop\n",
      },
      emulator: {
        deployments: [{ status: "HIBERNATING", isDevelopmentMode: true, scalingSpec }],
        behaviour: { hibernating: "refuse" },
        ...emulator,
      },
    });
    const { deploymentId } = scene;
    scene.declare({ etl: { deploymentId, type: "DAG_ONLY", dags: "./dags", ...args } });
  }

  const statuses = () => scene.deploys().map(({ status }) => status);
  const deployment = () => {
    const [first] = scene.emulator.deployments;
    assert.ok(first);
    return first;
  };
  const override = () => deployment().scalingSpec?.hibernationSpec.override;
  /** What was asked of the hibernation so far, and with what. */
  const overrides = () =>
    scene.emulator.requests
      .filter(({ operation }) => operation === wake || operation === end)
      .map(({ operation, body }) => [operation, body] as [string, HibernationOverride | undefined]);
  const asked = () => overrides().map(([operation]) => operation);

  it("is refused without wakeUp, before anything is created", async () => {
    await setHibernating({ args: {} });
    const run = await scene.stack.up();
    assert.notEqual(run.code, 0);
    assert.match(run.all, /hibernates and takes no deploys: set wakeUp to wake it up for the/);
    assert.deepEqual(scene.operations(), ["GetDeployment"]);
  });

  it("is not taken with wakeUp and wait: false", async () => {
    await setHibernating({ args: { wakeUp: true, wait: false } });
    const run = await scene.stack.preview();
    assert.notEqual(run.code, 0);
    assert.match(run.all, /has a problem: wakeUp: cannot be true with wait: false, since /);
  });

  it("wakes it up for as long as the deploy may take, and ends that afterwards", async () => {
    await setHibernating();
    const startMs = Date.now();
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(asked(), [wake, end]);
    const [[, { isHibernating, overrideUntil = "" } = {}] = []] = overrides();
    assert.equal(isHibernating, false);
    const awakeMs = Date.parse(overrideUntil) - startMs;
    assert.ok(awakeMs > hourMs && awakeMs < 4 * hourMs, overrideUntil);
    assert.equal(scene.operations().at(-1), end);
    assert.deepEqual(statuses(), ["DEPLOYED"]);
    assert.equal(deployment().status, "HIBERNATING");
    assert.deepEqual((await scene.stack.up()).steps, { etl: "same" });
    assert.deepEqual(scene.operations(), []);
  });

  const inAnHour = new Date(Math.floor(Date.now() / 1000) * 1000 + hourMs)
    .toISOString()
    .replace(".000Z", "Z");
  const present: Record<string, HibernationOverride> = {
    "without an end": { isHibernating: true, isActive: true },
    "with an end": { isHibernating: true, isActive: true, overrideUntil: inAnHour },
  };
  for (const [name, before] of Object.entries(present)) {
    it(`restores the override that there was, ${name}`, async () => {
      await setHibernating({ override: before });
      const run = await scene.stack.up();
      assert.equal(run.code, 0, run.all);
      assert.deepEqual(asked(), [wake, wake]);
      assert.deepEqual(override(), before);
      assert.equal(deployment().status, "HIBERNATING");
    });
  }

  it("does not restore an override whose time came meanwhile", async () => {
    await setHibernating({
      override: { ...present["with an end"], ...{ isHibernating: true, isActive: true } },
    });
    const stop = scene.emulator.onRequest(({ operation, phase }) => {
      if (operation !== "FinalizeDeploy" || phase !== "before") return;
      stop();
      scene.emulator.advance(1.5 * hourMs);
    });
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(asked(), [wake, end]);
    assert.equal(override(), undefined);
  });

  const failures: Record<string, [Fault | { plan: object }, left: string[]]> = {
    "is FAILED": [{ plan: { status: "FAILED" } }, ["FAILED", "DEPLOYED"]],
    "is not created": [{ operation: "CreateDeploy", how: { status: 403 } }, ["DEPLOYED"]],
    "is not uploaded": [{ operation: "PutBlob", how: { status: 409 } }, ["DEPLOYED"]],
  };
  for (const [name, [fault, left]] of Object.entries(failures)) {
    it(`lets it hibernate again if the deploy ${name}, and the next up wakes it up again`, async () => {
      await setHibernating();
      if ("plan" in fault) scene.emulator.plan(fault.plan);
      else scene.emulator.fail(fault);
      const failed = await scene.stack.up();
      assert.notEqual(failed.code, 0);
      assert.deepEqual(asked(), [wake, end]);
      assert.equal(deployment().status, "HIBERNATING");

      const run = await scene.stack.up();
      assert.equal(run.code, 0, run.all);
      assert.deepEqual(asked(), [wake, end, wake, end]);
      assert.deepEqual(statuses(), left);
      assert.equal(deployment().status, "HIBERNATING");
    });
  }

  it("is done for the removal of a bundle, too", async () => {
    await setHibernating({
      args: {
        ...{ type: "BUNDLE", dags: undefined, bundle: "./shop", bundleType: "dbt" },
        ...{ removeBundleOnDelete: true, wakeUp: true },
      },
    });
    await scene.stack.must("up", "--yes", "--skip-preview");
    const run = await scene.stack.destroy();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(asked(), [wake, end, wake, end]);
    assert.deepEqual(statuses(), ["DEPLOYED", "DEPLOYED"]);
    assert.deepEqual(deployment().bundles, []);
  });

  it("is done once for two resources, until the last of them is deployed", async () => {
    await setHibernating({ wakingMs: 0 });
    const { deploymentId, emulator, stack } = scene;
    scene.declare({
      etl: { deploymentId, type: "DAG_ONLY", dags: "./dags", wakeUp: true },
      shop: { deploymentId, ...shop, wakeUp: true },
    });
    const { arrived, release } = hold(emulator, "FinalizeDeploy");
    const running = stack.up();
    try {
      await Promise.race([arrived, running]);
      const reads = () =>
        emulator.requests.filter(({ operation }) => operation === "GetDeployment").length;
      // One of each resource, and one that sees it awake.
      await eventually(() => reads() >= 3, "the other resource's read of the Deployment");
    } finally {
      release();
    }
    const run = await running;
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(statuses(), ["DEPLOYED", "DEPLOYED"]);
    assert.deepEqual(asked(), [wake, end]);
    assert.equal(scene.operations().at(-1), end);
    assert.equal(deployment().status, "HIBERNATING");
  });

  it("is done anew for a resource that comes after the others", async () => {
    await setHibernating({ wakingMs: 0 });
    const { deploymentId, stack } = scene;
    const { code, all } = await stack.up();
    assert.equal(code, 0, all);
    scene.declare({
      etl: { deploymentId, type: "DAG_ONLY", dags: "./dags", wakeUp: true },
      shop: { deploymentId, ...shop, wakeUp: true },
    });
    const run = await stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(run.steps, { etl: "same", shop: "create" });
    assert.deepEqual(asked(), [wake, end, wake, end]);
  });

  it("is done again for a wait for health that is resumed, which fails at once without it", async () => {
    await setHibernating({ args: { wakeUp: true, waitFor: "HEALTHY" } });
    const { deploymentId, emulator, stack } = scene;
    stack.setEnv("ASTRO_DEPLOY_TIMEOUT_SECONDS", "30");
    emulator.plan({ unhealthy: "the scheduler does not start" });
    const failed = await stack.up();
    assert.match(failed.all, /it is UNHEALTHY: the scheduler does not start/);
    assert.equal(deployment().status, "HIBERNATING");

    const etl = { deploymentId, type: "DAG_ONLY", dags: "./dags", waitFor: "HEALTHY" };
    scene.declare({ etl });
    const asleep = await stack.up();
    assert.match(asleep.all, /it hibernates, and is not HEALTHY until it is woken up: set wakeUp/);

    scene.declare({ etl: { ...etl, wakeUp: true } });
    const run = await stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(asked(), [wake, end, wake, end]);
    assert.deepEqual(statuses(), ["DEPLOYED"]);
  });

  it("is done as soon as the Deployment is UNHEALTHY, which the deploy may mend", async () => {
    await setHibernating({ wakingMs: Infinity });
    scene.emulator.onRequest(({ operation, phase }) => {
      if (operation === wake && phase === "after") deployment().status = "UNHEALTHY";
    });
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(statuses(), ["DEPLOYED"]);
  });

  it("is given up after the deploy's time limit if it does not wake up", async () => {
    await setHibernating({ wakingMs: Infinity });
    scene.stack.setEnv("ASTRO_DEPLOY_TIMEOUT_SECONDS", "1");
    const run = await scene.stack.up();
    assert.notEqual(run.code, 0);
    assert.match(
      run.all,
      /error: Deployment \w+ was woken up and is still HIBERNATING after 1 s\. Astro may yet finish it; raise astro:deployTimeoutSeconds/,
    );
    assert.deepEqual(asked(), [wake, end]);
    assert.deepEqual(statuses(), []);
  });

  it("is refused if the token may not wake it up", async () => {
    await setHibernating();
    scene.emulator.fail({ operation: wake, how: { status: 403 } });
    const run = await scene.stack.up();
    assert.notEqual(run.code, 0);
    assert.match(
      run.all,
      /Could not wake up the Deployment \w+: 403 .* lacks the permission deployment\.update/,
    );
    assert.deepEqual(scene.operations(), ["GetDeployment", wake]);
    assert.deepEqual(statuses(), []);
  });

  it("warns if it could not be put back to sleep, and says when that ends", async () => {
    await setHibernating();
    scene.emulator.fail({ operation: end, how: { status: 403 } });
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.match(
      run.all,
      /warning: etl \(Deployment \w+\): the Deployment stays awake until \d{4}-\S+Z\. Could not restore the hibernation/,
    );
    assert.equal(deployment().status, "HEALTHY");
    scene.emulator.advance(4 * hourMs);
    assert.equal(deployment().status, "HIBERNATING");
  });
});
