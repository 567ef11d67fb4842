import assert from "node:assert/strict";
import { once } from "node:events";
import type { DeploymentStatus, Plan } from "../../emulator";
import { setScene, shop, type Scene } from "../helpers/declared";
import { children, kill } from "../helpers/processes";

const hourMs = 3_600_000;
const dags = { type: "DAG_ONLY", dags: "./dags" };

describe("a deploy with waitFor: HEALTHY, through the real engine", () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await setScene({
      files: { "dags/a.py": "a = 1\n", "shop/dbt_project.yml": "name: shop\n" },
    });
  });
  afterEach(() => scene.dispose());

  const declare = (args: object = {}) => {
    const { deploymentId } = scene;
    scene.declare({ etl: { deploymentId, ...dags, waitFor: "HEALTHY", ...args } });
  };
  const deployment = () => {
    const [first] = scene.emulator.deployments;
    assert.ok(first);
    return first;
  };
  const runsDags = () =>
    deployment().dagTarballVersion === scene.deploys().at(-1)?.dagTarballVersion;
  const statuses = () => scene.deploys().map(({ status }) => status);
  const up = async (steps: string) => {
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.equal(run.steps.etl, steps);
    return run;
  };
  const fails = async (message: RegExp) => {
    const run = await scene.stack.up();
    assert.notEqual(run.code, 0);
    assert.match(run.all, message);
  };
  /** Does something when the Deployment's health was asked for so many times. */
  const afterReadings = (count: number, act: () => void) => {
    let readings = 0;
    const stop = scene.emulator.onRequest(({ operation, phase }) => {
      const isWaiting = scene.deploys().at(-1)?.status === "DEPLOYED";
      if (operation !== "GetDeployment" || phase !== "after" || !isWaiting) return;
      if (++readings < count) return;
      stop();
      act();
    });
  };
  const rollOut = () => {
    scene.emulator.advance(hourMs);
  };
  const slowly: Plan = { rolloutMs: hourMs };

  const runOutOfTime = async () => {
    declare();
    scene.stack.setEnv("ASTRO_DEPLOY_TIMEOUT_SECONDS", "2");
    scene.emulator.plan(slowly);
    await fails(/is DEPLOYED, but the Deployment was not seen HEALTHY/);
  };

  it("waits until the Deployment runs its DAGs and is HEALTHY", async () => {
    declare();
    scene.emulator.plan(slowly);
    let ranBefore: boolean | undefined;
    afterReadings(3, () => {
      ranBefore = runsDags();
      rollOut();
    });
    await up("create");
    assert.deepEqual([ranBefore, runsDags(), deployment().status], [false, true, "HEALTHY"]);
    await up("same");
    assert.deepEqual(statuses(), ["DEPLOYED"]);
  });

  it("waits until the Deployment runs its bundle", async () => {
    declare({ ...shop, dags: undefined });
    scene.emulator.plan(slowly);
    const runs = () => deployment().bundles[0]?.currentVersion !== undefined;
    let ranBefore: boolean | undefined;
    afterReadings(3, () => {
      ranBefore = runs();
      rollOut();
    });
    await up("create");
    assert.deepEqual([ranBefore, runs()], [false, true]);
  });

  it("waits until the Deployment runs what it rolled back to", async () => {
    const { deploymentId, emulator } = scene;
    const { id } = emulator.foreignDeploy(deploymentId);
    emulator.advance(2000);
    emulator.foreignDeploy(deploymentId);
    declare({ rollbackTo: id });
    emulator.plan(slowly);
    afterReadings(3, rollOut);
    await up("create");
    assert.equal(runsDags(), true);
  });

  it("needs one more request if it is HEALTHY at once", async () => {
    declare();
    scene.emulator.plan({ processingMs: 0 });
    await up("create");
    assert.deepEqual(scene.operations(), [
      "GetDeployment",
      "CreateDeploy",
      "PutBlob",
      "FinalizeDeploy",
      "GetDeployment",
    ]);
  });

  it("is not content with a Deployment that is HEALTHY from before", async () => {
    declare();
    scene.stack.setEnv("ASTRO_DEPLOY_TIMEOUT_SECONDS", "2");
    scene.emulator.plan(slowly);
    scene.emulator.onRequest(({ operation, phase }) => {
      if (operation === "GetDeployment" && phase === "before") deployment().status = "HEALTHY";
    });
    await fails(
      /is DEPLOYED, but the Deployment was not seen HEALTHY: it did not run the deploy yet and was HEALTHY after 2 s\. .*raise astro:deployTimeoutSeconds.* The next `pulumi up` waits again/s,
    );
  });

  it("fails with the reason if the Deployment stays UNHEALTHY, and the next up waits again", async () => {
    declare();
    scene.stack.setEnv("ASTRO_DEPLOY_TIMEOUT_SECONDS", "30");
    scene.emulator.plan({ unhealthy: "the scheduler does not start" });
    await fails(
      /Deploy \w+ of Deployment \w+ is DEPLOYED, but the Deployment was not seen HEALTHY: it is UNHEALTHY: the scheduler does not start\. The next `pulumi up` waits again/,
    );
    assert.deepEqual(statuses(), ["DEPLOYED"]);
    const preview = await scene.stack.preview();
    assert.deepEqual(preview.steps, { etl: "update" });

    scene.operations();
    deployment().status = "HEALTHY";
    await up("update");
    assert.deepEqual(scene.operations(), ["GetDeploy", "GetDeployment"]);
    assert.deepEqual(statuses(), ["DEPLOYED"]);
    await up("same");
  });

  it("waits again also after a refresh", async () => {
    await runOutOfTime();
    const refreshed = await scene.stack.refresh();
    assert.equal(refreshed.code, 0, refreshed.all);
    rollOut();
    await up("update");
    await up("same");
  });

  it("is done if the program does not wait for that any more", async () => {
    await runOutOfTime();
    declare({ waitFor: undefined });
    scene.operations();
    await up("update");
    declare();
    await up("same");
    assert.deepEqual(scene.operations(), []);
  });

  /** What passes: by the status that the Deployment has, and whether it runs the deploy by then. */
  const passing: Record<string, [DeploymentStatus, Plan]> = {
    "from before the deploy, which mends it": ["UNHEALTHY", slowly],
    "for a moment when it runs the deploy": ["DEPLOYING", { unhealthy: "its pods start" }],
  };
  for (const [when, [before, plan]] of Object.entries(passing)) {
    it(`lets a Deployment be UNHEALTHY ${when}`, async () => {
      declare();
      deployment().status = before;
      scene.emulator.plan(plan);
      scene.emulator.onRequest(({ operation, phase }) => {
        const isRollingOut = deployment().status === "DEPLOYING" && plan === slowly;
        if (operation === "GetDeployment" && phase === "before" && isRollingOut) {
          deployment().status = "UNHEALTHY";
        }
      });
      afterReadings(3, () => {
        assert.equal(deployment().status, "UNHEALTHY");
        rollOut();
        deployment().status = "HEALTHY";
      });
      await up("create");
      assert.equal(deployment().status, "HEALTHY");
    });
  }

  it("goes on waiting after the engine and the provider were killed", async () => {
    declare();
    const { emulator, stack } = scene;
    emulator.plan(slowly);
    const engine = stack.start("up", "--yes", "--skip-preview");
    const ended = once(engine, "close");
    afterReadings(2, () => {
      const { pid = 0 } = engine;
      kill([pid, ...children(pid)]);
    });
    await ended;
    await stack.must("cancel", "--yes");
    assert.deepEqual(statuses(), ["DEPLOYED"]);
    scene.operations();
    afterReadings(3, rollOut);
    await up("create");
    assert.deepEqual([statuses(), runsDags()], [["DEPLOYED"], true]);
    assert.equal(scene.operations().includes("PutBlob"), false);
  });

  it("does nothing if it is changed on a finished deploy", async () => {
    declare({ waitFor: undefined });
    await up("create");
    deployment().status = "UNHEALTHY";
    scene.operations();
    for (const waitFor of ["HEALTHY", "DEPLOYED", undefined]) {
      declare({ waitFor });
      await up("same");
    }
    assert.deepEqual(scene.operations(), []);
  });
});
