import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import type { Operation } from "../../emulator";
import { commit, setScene, type Declared, type Scene } from "../helpers/declared";
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

/** A request in which the killing happens, and whether before or after the service processed it. */
type Moment = [Operation, "before" | "after"];

const moments: Moment[] = [
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
      emulator: {
        // One for each moment at once, as in a program with many resources.
        deployments: Array.from({ length: moments.length + 1 }, () => ({})),
        processingMs: 1000,
        behaviour: { statusReason: true },
      },
    });
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" } });
  });
  afterEach(() => scene.dispose());

  const allAtOnce = ["--parallel=16"];
  const ids = (of: readonly unknown[]) =>
    scene.emulator.deployments.slice(0, of.length).map(({ id }) => id);
  /** Declares a resource for each Deployment, by its id. */
  const declareFor = (deploymentIds: readonly string[], argsOf: (n: number) => object) => {
    const declared = deploymentIds.map((deploymentId, n) => [
      deploymentId,
      { deploymentId, ...argsOf(n) },
    ]);
    scene.declare(Object.fromEntries(declared) as Declared);
  };
  const startUp = (...flags: string[]) => {
    const engine = scene.stack.start("up", "--yes", "--skip-preview", ...flags);
    return { engine, pid: engine.pid ?? 0, ended: once(engine, "close") };
  };
  /**
   * Starts a command, and kills when the first of the Deployments is in the first of the requests,
   * the second in the second, and so on; all of them are over then.
   */
  const interrupt = async (
    when: readonly Moment[],
    victims = killings["engine and all below it"] ?? providersOf,
    command: "up" | "destroy" = "up",
  ) => {
    const engine = scene.stack.start(command, "--yes", "--skip-preview", ...allAtOnce);
    const ended = once(engine, "close");
    const awaited = new Map(ids(when).map((id, n) => [id, when[n]]));
    let release: () => void;
    const killed = new Promise<void>((resolve) => (release = resolve));
    const stop = scene.emulator.onRequest(async ({ operation, phase, request }) => {
      const id = [...awaited.keys()].find((one) => request.path.includes(one)) ?? "";
      const moment = awaited.get(id);
      if (operation !== moment?.[0] || phase !== moment[1]) return;
      awaited.delete(id);
      if (awaited.size === 0) {
        kill(victims(engine.pid ?? 0));
        release();
      }
      await killed;
    });
    await ended;
    stop();
    assert.deepEqual([...awaited], []);
    await scene.stack.run("cancel", "--yes");
  };
  /** Each Deployment has the one deploy that was begun, and the state has it too. */
  const endWithTheSameDeploys = async (deploymentIds: readonly string[]) => {
    const run = await scene.stack.up(...allAtOnce);
    assert.equal(run.code, 0, run.all);
    const outputs = Object.values(await scene.stack.outputs()) as { id: string }[];
    const known = outputs.map(({ id }) => ({ id, status: "DEPLOYED" }));
    const made = deploymentIds.map((id) =>
      scene.emulator.deploys(id).map((deploy) => ({ id: deploy.id, status: deploy.status })),
    );
    const byId = (one: { id: string }, other: { id: string }) => (one.id < other.id ? -1 : 1);
    assert.deepEqual(
      made.map(({ length }) => length),
      made.map(() => 1),
    );
    assert.deepEqual(made.flat().sort(byId), known.sort(byId));
  };
  const endsWithTheSameDeploy = () => endWithTheSameDeploys([scene.deploymentId]);

  for (const [whom, victims] of Object.entries(killings)) {
    it(`goes on after a kill -9 of the ${whom} in each of its requests, and with a commit`, async () => {
      const when: Moment[] = [...moments, ["CreateDeploy", "after"]];
      const deploymentIds = ids(when);
      declareFor(deploymentIds, (n) => ({
        ...{ type: "DAG_ONLY", dags: "./dags" },
        ...(n === moments.length && { git: commit }),
      }));
      await interrupt(when, victims);
      await endWithTheSameDeploys(deploymentIds);
    });
  }

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

  it("goes on after a kill -9 in each request of a run that resumed it", async () => {
    const when = moments.slice(2);
    const deploymentIds = ids(when);
    declareFor(deploymentIds, () => ({ type: "DAG_ONLY", dags: "./dags" }));
    scene.emulator.fail({ operation: "PutBlob", how: { status: 409 }, times: when.length });
    assert.notEqual((await scene.stack.up("--continue-on-error", ...allAtOnce)).code, 0);
    assert.deepEqual(
      deploymentIds.flatMap((id) => scene.emulator.deploys(id).map(({ status }) => status)),
      when.map(() => "INITIALIZED"),
    );
    await interrupt(when);
    await endWithTheSameDeploys(deploymentIds);
  });

  it("is one rollback after a kill -9 before or after DeployRollback was processed", async () => {
    const { emulator, stack } = scene;
    const when: Moment[] = [
      ["DeployRollback", "before"],
      ["DeployRollback", "after"],
    ];
    const deploymentIds = ids(when);
    const etl = { type: "DAG_ONLY", dags: "./dags" };
    declareFor(deploymentIds, () => etl);
    await stack.must("up", "--yes", "--skip-preview");
    const first = deploymentIds.map((id) => emulator.deploys(id)[0]?.id);
    emulator.advance(2000);
    for (const id of deploymentIds) emulator.foreignDeploy(id, { type: "BUNDLE" });
    emulator.advance(2000);
    declareFor(deploymentIds, (n) => ({ ...etl, rollbackTo: first[n], description: "back" }));
    await interrupt(when);
    const run = await stack.up();
    assert.equal(run.code, 0, run.all);
    for (const [n, id] of deploymentIds.entries()) {
      const deploys = emulator.deploys(id);
      assert.deepEqual(
        deploys.map(({ status, rollbackFromId }) => [status, rollbackFromId]),
        [
          ["DEPLOYED", undefined],
          ["DEPLOYED", undefined],
          ["DEPLOYED", first[n]],
        ],
      );
    }
  });

  it("removes a bundle once after a kill -9 in each request of the removal", async () => {
    const { emulator, stack } = scene;
    const when = moments.filter(([operation]) => operation !== "PutBlob");
    const deploymentIds = ids(when);
    const bundleMountPath = "/usr/local/airflow/dbt/shop";
    const bundle = { type: "BUNDLE", bundle: "./dags", bundleType: "sql", bundleMountPath };
    declareFor(deploymentIds, () => ({ ...bundle, removeBundleOnDelete: true }));
    await stack.must("up", "--yes", "--skip-preview");
    emulator.advance(2000);
    await interrupt(when, undefined, "destroy");
    const run = await stack.destroy();
    assert.equal(run.code, 0, run.all);
    for (const id of deploymentIds) {
      assert.deepEqual(emulator.deployments.find((one) => one.id === id)?.bundles, []);
      const statuses = emulator.deploys(id).map(({ status }) => status);
      assert.deepEqual(statuses, ["DEPLOYED", "DEPLOYED"]);
    }
  });

  it("is made anew by another machine, without a word of what it cannot know", async () => {
    scene.emulator.plan({ processingMs: Infinity });
    await interrupt([["GetDeploy", "before"]]);
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
    await interrupt([["GetDeploy", "before"]]);
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
