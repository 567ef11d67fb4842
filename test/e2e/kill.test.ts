import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Operation } from "../../emulator";
import { setScene, type Scene } from "../helpers/declared";
import { hold } from "../helpers/hold";
import { children, commandOf, kill } from "../helpers/processes";

/** Whom to kill outright of what the test started. */
const killings: Record<string, (engine: number) => number[]> = {
  provider: (engine) =>
    children(engine).filter((child) => commandOf(child).includes("dynamic-provider")),
  engine: (engine) => [engine],
  "engine and all below it": (engine) => [engine, ...children(engine)],
};

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

describe("a deploy whose process is killed, through the real engine", function () {
  for (const [whom, victims] of Object.entries(killings)) {
    for (const [operation, phase] of moments) {
      it(`goes on after the ${whom} was killed ${phase} ${operation} was processed`, async () => {
        const scene: Scene = await setScene({
          files: { "dags/a.py": "a = 1\n" },
          emulator: { processingMs: 1000 },
        });
        try {
          scene.declare({
            etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" },
          });
          // Notes of interrupted deploys belong to this test alone.
          const engine = scene.stack.start("up", "--yes", "--skip-preview");
          const ended = new Promise((resolve) => engine.on("close", resolve));
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

          const run = await scene.stack.up();
          assert.equal(run.code, 0, run.all);
          const outputs = (await scene.stack.outputs()).etl as { id: string; status: string };
          assert.equal(outputs.status, "DEPLOYED");
          const deploys = scene.deploys();
          assert.deepEqual(
            deploys.map(({ id, status }) => ({ id, status })),
            [{ id: outputs.id, status: "DEPLOYED" }],
          );
        } finally {
          await scene.dispose();
        }
      });
    }
  }

  it("ships nothing more once the engine that asked for it was killed", async () => {
    const scene = await setScene({ files: { "dags/a.py": "a = 1\n" } });
    try {
      scene.declare({
        etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" },
      });
      const { arrived, release } = hold(scene.emulator, "PutBlob");
      const engine = scene.stack.start("up", "--yes", "--skip-preview");
      const ended = once(engine, "exit");
      await arrived;
      const pid = engine.pid ?? 0;
      const providers = killings.provider?.(pid) ?? [];
      kill([pid]);
      await ended;
      release();
      assert.equal(providers.length > 0, true);
      while (providers.some((provider) => commandOf(provider) !== "")) await sleep(100);
      assert.equal(scene.operations().includes("FinalizeDeploy"), false);
    } finally {
      await scene.dispose();
    }
  });

  for (const [times, outcome] of [
    [1, "DEPLOYED"],
    [2, "INITIALIZED"],
  ] as const) {
    it(`is ${outcome} after Ctrl+C was pressed ${times === 1 ? "once" : "twice"}, and goes on`, async () => {
      const scene = await setScene({ files: { "dags/a.py": "a = 1\n" } });
      try {
        scene.declare({
          etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" },
        });
        const { arrived, release } = hold(scene.emulator, "PutBlob");
        const engine = scene.stack.start("up", "--yes", "--skip-preview");
        const ended = once(engine, "close");
        await arrived;
        for (let pressed = 1; pressed <= times; pressed++) {
          const heard = until(engine, pressed === 1 ? "cancelling" : "terminating");
          engine.kill("SIGINT");
          await heard;
        }
        if (times === 1) release();
        await ended;
        release();
        assert.equal(scene.deploys()[0]?.status, outcome);

        const run = await scene.stack.up();
        assert.equal(run.code, 0, run.all);
        assert.deepEqual(
          scene.deploys().map(({ status }) => status),
          ["DEPLOYED"],
        );
      } finally {
        await scene.dispose();
      }
    });
  }
});
