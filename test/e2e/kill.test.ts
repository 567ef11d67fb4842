import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import type { Operation } from "../../emulator";
import { commit, setScene, type Scene } from "../helpers/declared";
import { hold } from "../helpers/hold";
import { children, commandOf, kill } from "../helpers/processes";
import { eventually } from "../helpers/eventually";

const providersOf = (engine: number) =>
  children(engine).filter((child) => commandOf(child).includes("dynamic-provider"));

/** Whom to kill of what the test started. */
const killings: Record<string, (engine: number) => number[]> = {
  provider: providersOf,
  engine: (engine) => [engine],
  "engine and all below it": (engine) => [engine, ...children(engine)],
};

/** The requests in which the killing happens, and whether before or after the service processed it. */
const moments: [Operation, "before" | "after"][] = [
  ["CreateDeploy", "before"],
  ["CreateDeploy", "after"],
  ["PutBlob", "before"],
  ["PutBlob", "after"],
  ["FinalizeDeploy", "before"],
  ["FinalizeDeploy", "after"],
  ["GetDeploy", "before"],
];

/** Resolves when the process says a word. */
function until(child: ChildProcess, word: string): Promise<void> {
  return new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (text: Buffer) => {
        if (text.includes(word)) resolve();
      });
    }
  });
}

describe("a deploy that is interrupted, through the real engine", () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await setScene({
      files: { "dags/a.py": "a = 1\n" },
      emulator: { processingMs: 1000, behaviour: { statusReason: true } },
    });
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" } });
  });
  afterEach(() => scene.dispose());

  const startUp = (...flags: string[]) => {
    const engine = scene.stack.start("up", "--yes", "--skip-preview", ...flags);
    return { engine, pid: engine.pid ?? 0, ended: once(engine, "close") };
  };
  /** Starts a command and kills in a request of its, which is then over. */
  const interrupt = async (
    operation: Operation,
    phase: "before" | "after",
    victims = killings["engine and all below it"] ?? providersOf,
    command: "up" | "destroy" = "up",
  ) => {
    const engine = scene.stack.start(command, "--yes", "--skip-preview");
    const ended = once(engine, "close");
    let killed = false;
    const stop = scene.emulator.onRequest((event) => {
      if (killed || event.operation !== operation || event.phase !== phase) return;
      killed = true;
      kill(victims(engine.pid ?? 0));
    });
    await ended;
    stop();
    assert.equal(killed, true);
    await scene.stack.run("cancel", "--yes");
  };
  const endsWithTheSameDeploy = async () => {
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    const { id } = (await scene.stack.outputs()).etl as { id: string };
    const deploys = scene.deploys().map((deploy) => ({ id: deploy.id, status: deploy.status }));
    assert.deepEqual(deploys, [{ id, status: "DEPLOYED" }]);
  };

  for (const [whom, victims] of Object.entries(killings)) {
    for (const [operation, phase] of moments) {
      it(`goes on after a kill -9 of the ${whom} ${phase} ${operation} was processed`, async () => {
        await interrupt(operation, phase, victims);
        await endsWithTheSameDeploy();
      });
    }
  }

  it("goes on after a kill -9 after CreateDeploy was processed, with a commit", async () => {
    const { deploymentId } = scene;
    scene.declare({ etl: { deploymentId, type: "DAG_ONLY", dags: "./dags", git: commit } });
    await interrupt("CreateDeploy", "after");
    await endsWithTheSameDeploy();
  });

  it("is known to the next up where the engine is killed as the deploy ends", async () => {
    await scene.dispose();
    scene = await setScene({
      files: { "dags/a.py": "a = 1\n" },
      emulator: { processingMs: 0 },
    });
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" } });
    const { pid, ended } = startUp();
    scene.emulator.onRequest(({ operation, phase }) => {
      if (operation === "FinalizeDeploy" && phase === "after") kill([pid]);
    });
    await ended;
    await scene.stack.run("cancel", "--yes");
    await endsWithTheSameDeploy();
  });

  it("is known to the next up where the engine is killed as the finalize is refused", async () => {
    scene.emulator.fail({ operation: "FinalizeDeploy", how: { status: 403 } });
    const { pid, ended } = startUp();
    const stop = scene.emulator.onRequest(({ operation, phase }) => {
      if (operation === "FinalizeDeploy" && phase === "before") kill([pid]);
    });
    await ended;
    stop();
    await scene.stack.run("cancel", "--yes");
    await endsWithTheSameDeploy();
  });

  for (const [operation, phase] of moments.slice(2)) {
    it(`goes on after a kill -9 ${phase} ${operation} was processed, of a run that resumed it`, async () => {
      scene.emulator.fail({ operation: "PutBlob", how: { status: 409 } });
      assert.notEqual((await scene.stack.up()).code, 0);
      await interrupt(operation, phase);
      await endsWithTheSameDeploy();
    });
  }

  for (const phase of ["before", "after"] as const) {
    it(`is one rollback after a kill -9 ${phase} DeployRollback was processed`, async () => {
      await scene.stack.must("up", "--yes", "--skip-preview");
      const [first] = scene.deploys();
      scene.emulator.advance(2000);
      const etl = { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" };
      scene.emulator.foreignDeploy(scene.deploymentId, { type: "BUNDLE" });
      scene.emulator.advance(2000);
      scene.declare({ etl: { ...etl, rollbackTo: first?.id, description: "back" } });
      await interrupt("DeployRollback", phase);
      const run = await scene.stack.up();
      assert.equal(run.code, 0, run.all);
      const deploys = scene.deploys().map(({ status, rollbackFromId }) => [status, rollbackFromId]);
      assert.deepEqual(deploys, [
        ["DEPLOYED", undefined],
        ["DEPLOYED", undefined],
        ["DEPLOYED", first?.id],
      ]);
    });
  }

  for (const [operation, phase] of moments) {
    if (operation === "PutBlob") continue;
    it(`removes a bundle once after a kill -9 ${phase} ${operation} was processed`, async () => {
      const bundleMountPath = "/usr/local/airflow/dbt/shop";
      const bundle = { type: "BUNDLE", bundle: "./dags", bundleType: "sql", bundleMountPath };
      const { deploymentId } = scene;
      scene.declare({ shop: { deploymentId, ...bundle, removeBundleOnDelete: true } });
      await scene.stack.must("up", "--yes", "--skip-preview");
      scene.emulator.advance(2000);
      await interrupt(operation, phase, undefined, "destroy");
      const run = await scene.stack.destroy();
      assert.equal(run.code, 0, run.all);
      assert.deepEqual(scene.emulator.deployments[0]?.bundles, []);
      const statuses = scene.deploys().map(({ status }) => status);
      assert.deepEqual(statuses, ["DEPLOYED", "DEPLOYED"]);
    });
  }

  it("is made anew by another machine, without a word of what it cannot know", async () => {
    scene.emulator.plan({ processingMs: Infinity });
    await interrupt("GetDeploy", "before");
    const [lost] = scene.deploys();
    scene.emulator.finish(lost?.id ?? "");
    // Its notes, and with them all that this machine knows of the deploy.
    rmSync(scene.stack.path(".home", "astro-deploy"), { recursive: true });
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.ok(!run.all.includes(lost?.id ?? ""), run.all);
    assert.equal(scene.deploys().length, 2);
  });

  it("is told where it has FAILED meanwhile, with the reason, and a fresh one is made", async () => {
    scene.emulator.plan({ processingMs: Infinity });
    await interrupt("GetDeploy", "before");
    const [lost] = scene.deploys();
    scene.emulator.finish(lost?.id ?? "", { status: "FAILED", reason: "no room left" });
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.match(
      run.all,
      /of an interrupted run is not resumed, since it FAILED: no room left; creating a new one/,
    );
    assert.equal(scene.deploys().length, 2);
  });

  it("is not gone on with where another deploy came after it", async () => {
    scene.emulator.plan({ processingMs: Infinity });
    const { ended, pid } = startUp();
    const { arrived } = hold(scene.emulator, "GetDeploy");
    await arrived;
    kill([pid, ...children(pid)]);
    await ended;
    const [killed] = scene.deploys();
    scene.emulator.finish(killed?.id ?? "");
    await scene.stack.run("cancel", "--yes");
    scene.emulator.advance(1000);
    scene.stack.write("dags/a.py", "a = 2\n");
    await scene.stack.must("up", "--yes", "--skip-preview");

    scene.emulator.advance(1000);
    scene.stack.write("dags/a.py", "a = 1\n");
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.match(
      run.all,
      /of an interrupted run is not resumed, since deploy \w+ came after it; creating a new/,
    );
    const deploys = scene.deploys();
    assert.equal(deploys.length, 3);
    const { dagTarballVersion } = (await scene.stack.outputs()).etl as Record<string, string>;
    assert.equal(deploys.at(-1)?.dagTarballVersion, dagTarballVersion);
    assert.equal(scene.emulator.deployments[0]?.dagTarballVersion, dagTarballVersion);
  });

  // With its log or traces on, the engine passes the provider flags before its own address.
  for (const flags of [[], ["--logflow", "-v=1"]]) {
    it(`ships nothing more once the engine that asked for it was killed ${flags.join(" ")}`, async () => {
      const { arrived, release } = hold(scene.emulator, "PutBlob");
      const { engine, pid } = startUp(...flags);
      const exited = once(engine, "exit");
      await arrived;
      const providers = providersOf(pid);
      assert.equal(providers.length > 0, true);
      kill([pid]);
      await exited;
      release();
      await eventually(
        () => providers.every((provider) => commandOf(provider) === ""),
        "the providers have ended",
      );
      assert.equal(scene.operations().includes("FinalizeDeploy"), false);
    });
  }

  it("comes to its end where Ctrl+C was pressed once", async () => {
    const { arrived, release } = hold(scene.emulator, "PutBlob");
    const { engine, ended } = startUp();
    await arrived;
    const heard = until(engine, "cancelling");
    engine.kill("SIGINT");
    await heard;
    release();
    await ended;
    assert.equal(scene.deploys()[0]?.status, "DEPLOYED");
    await endsWithTheSameDeploy();
  });

  it("stops at once where Ctrl+C was pressed twice, and goes on", async () => {
    const { arrived, release } = hold(scene.emulator, "PutBlob");
    const { engine, ended } = startUp();
    await arrived;
    for (const word of ["cancelling", "terminating"]) {
      const heard = until(engine, word);
      engine.kill("SIGINT");
      await heard;
    }
    await ended;
    release();
    assert.equal(scene.deploys()[0]?.status, "INITIALIZED");
    await endsWithTheSameDeploy();
  });
});
