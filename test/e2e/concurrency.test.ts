import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EmulatorOptions } from "../../emulator";
import { program, setScene, type Scene } from "../helpers/declared";
import { Stack } from "../helpers/engine";
import { eventually } from "../helpers/eventually";
import { hold } from "../helpers/hold";

const up = ["up", "--yes", "--skip-preview"];

describe("two runs of one stack at the same time, through the real engine", () => {
  let scene: Scene;
  const locked = /the stack is currently locked by \d+ lock\(s\)/;

  beforeEach(async () => {
    scene = await setScene({ files: { "dags/a.py": "a = 1\n" } });
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" } });
  });
  afterEach(() => scene.dispose());

  const statuses = () => scene.deploys().map(({ status }) => status);
  async function nextHasNothingToDo(): Promise<void> {
    scene.operations();
    const next = await scene.stack.up();
    assert.equal(next.code, 0, next.all);
    assert.deepEqual(next.steps, { etl: "same" });
    assert.deepEqual(scene.operations(), []);
    assert.deepEqual(statuses(), ["DEPLOYED"]);
  }

  it("make one deploy: the backend refuses the second while the first is at it", async () => {
    const { arrived, release } = hold(scene.emulator, "FinalizeDeploy");
    const first = scene.stack.run(...up);
    try {
      await Promise.race([arrived, first]);
      scene.operations();
      const second = await scene.stack.run(...up);
      assert.notEqual(second.code, 0);
      assert.match(second.all, locked);
      assert.deepEqual(scene.operations(), []);
    } finally {
      release();
    }
    const { code, all } = await first;
    assert.equal(code, 0, all);
    await nextHasNothingToDo();
  });

  it("make one deploy where they start together", async () => {
    const runs = await Promise.all([scene.stack.run(...up), scene.stack.run(...up)]);
    for (const { code, all } of runs) if (code !== 0) assert.match(all, locked);
    // Each may have seen the other's lock, and both given way.
    if (runs.every(({ code }) => code !== 0)) await scene.stack.must(...up);
    await nextHasNothingToDo();
  });
});

describe("two stacks that deploy to one Deployment at the same time, through the real engine", () => {
  let scene: Scene;
  let first: Stack;
  let second: Stack;

  /** Two programs, as two people have them: each with its own folder, state and home. */
  async function setStacks(
    options: { emulator?: EmulatorOptions; dags?: [string, string]; home?: string } = {},
  ): Promise<void> {
    const { emulator = {}, dags = ["a = 1\n", "b = 1\n"], home } = options;
    scene = await setScene({ emulator });
    const [one, other] = await Promise.all(
      dags.map((text) =>
        Stack.create({
          files: {
            "index.js": program,
            "dags/dag.py": text,
            "declared.json": JSON.stringify({
              etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" },
            }),
          },
          env: { ...scene.emulator.env, ...(home !== undefined && { PULUMI_HOME: home }) },
        }),
      ),
    );
    assert.ok(one && other);
    [first, second] = [one, other];
  }
  afterEach(async () => {
    first.dispose();
    second.dispose();
    await scene.dispose();
  });

  const etl = async (stack: Stack) => {
    const { resources } = await stack.state();
    const { id, outputs } = resources.find(({ type }) => type.endsWith(":AstroDeploy")) ?? {};
    const { status, supersededBy } = outputs ?? {};
    return {
      id,
      status,
      supersededBy: (supersededBy as { deployId?: string } | undefined)?.deployId,
    };
  };
  /** The deploy whose DAGs the Deployment runs. */
  const running = () => {
    const [deployment] = scene.emulator.deployments;
    return scene
      .deploys()
      .find(({ dagTarballVersion }) => dagTarballVersion === deployment?.dagTarballVersion)?.id;
  };
  const ids = () => scene.deploys().map(({ id }) => id);
  const allAreDeployed = () => {
    assert.deepEqual(
      scene.deploys().map(({ status }) => status),
      ["DEPLOYED", "DEPLOYED"],
    );
  };
  /** Each state has its own deploy, and a refresh says of one of them that the other came after it. */
  async function eachTellsTheTruth(): Promise<void> {
    allAreDeployed();
    const stacks = [first, second];
    for (const stack of stacks) {
      const { code, all } = await stack.refresh();
      assert.equal(code, 0, all);
    }
    const found = await Promise.all(stacks.map(etl));
    assert.deepEqual(found.map(({ id }) => id).sort(), ids().sort());
    for (const { id, status, supersededBy } of found) {
      assert.equal(status, "DEPLOYED");
      assert.equal(supersededBy, id === running() ? undefined : running());
    }
  }

  it("make a deploy each", async () => {
    await setStacks();
    for (const { code, all } of await Promise.all([first.up(), second.up()])) {
      assert.equal(code, 0, all);
    }
    await eachTellsTheTruth();
  });

  it("make a deploy each where the one that was begun first ends last", async () => {
    await setStacks();
    const { arrived, release } = hold(scene.emulator, "FinalizeDeploy");
    const slow = first.run(...up);
    try {
      await Promise.race([arrived, slow]);
      // Creation times are told in whole seconds.
      scene.emulator.advance(2000);
      const { code, all } = await second.up();
      assert.equal(code, 0, all);
      assert.ok(!all.includes(ids()[0] ?? ""), all);
    } finally {
      release();
    }
    const { code, all } = await slow;
    assert.equal(code, 0, all);
    assert.equal(running(), ids()[0]);
    await eachTellsTheTruth();
  });

  it("make a deploy each, one after the other, where they share a home", async () => {
    const home = mkdtempSync(join(tmpdir(), "astro-home-"));
    try {
      await setStacks({ dags: ["a = 1\n", "a = 1\n"], home });
      const { arrived, release } = hold(scene.emulator, "FinalizeDeploy");
      const slow = first.run(...up);
      await Promise.race([arrived, slow]);
      const waiting = second.start(...up);
      let said = "";
      waiting.stdout?.on("data", (text: Buffer) => (said += text.toString()));
      const ended = once(waiting, "close");
      try {
        await eventually(
          () =>
            said.includes("waiting for a deploy to the same Deployment, of the stack project/dev"),
          "the second says what it waits for",
        );
        assert.equal(ids().length, 1);
      } finally {
        release();
      }
      const { code, all } = await slow;
      assert.equal(code, 0, all);
      await ended;
      assert.equal(waiting.exitCode, 0, said);
      await eachTellsTheTruth();
      assert.deepEqual(readdirSync(join(home, "astro-deploy")), []);
      assert.deepEqual(readdirSync(join(home, "astro-deploy-locks")), []);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });

  it("make a deploy each in the end where Astro refuses the second for as long as the first takes", async () => {
    await setStacks({
      emulator: { behaviour: { concurrentDeploys: "refuse" }, processingMs: 3_600_000 },
    });
    const { arrived, release } = hold(scene.emulator, "GetDeploy");
    const slow = first.run(...up);
    try {
      await Promise.race([arrived, slow]);
      const refused = await second.up();
      assert.notEqual(refused.code, 0);
      assert.match(refused.all, /another deploy to the Deployment is in progress/);
    } finally {
      scene.emulator.advance(3_600_000);
      release();
    }
    const { code, all } = await slow;
    assert.equal(code, 0, all);
    scene.emulator.plan({ processingMs: 0 });
    const next = await second.up();
    assert.equal(next.code, 0, next.all);
    await eachTellsTheTruth();
  });

  it("make a deploy each where an earlier request of the second was refused", async () => {
    await setStacks();
    scene.emulator.fail({ operation: "CreateDeploy", how: { status: 403 } });
    assert.notEqual((await second.up()).code, 0);
    const { arrived, release } = hold(scene.emulator, "FinalizeDeploy");
    const slow = first.run(...up);
    try {
      await Promise.race([arrived, slow]);
      const { code, all } = await second.up();
      assert.equal(code, 0, all);
    } finally {
      release();
    }
    const { code, all } = await slow;
    assert.equal(code, 0, all);
    await eachTellsTheTruth();
  });
});
