import assert from "node:assert/strict";
import { execFileSync, type ChildProcess } from "node:child_process";
import type { Operation } from "../../emulator";
import { setScene, type Scene } from "../helpers/declared";

const children = (pid: number): number[] => {
  const list = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" });
  const pairs = list
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = pairs.filter(([, parent]) => parent === pid).map(([child]) => child ?? 0);
  return [...below, ...below.flatMap(children)];
};

const commandOf = (pid: number) => {
  try {
    return execFileSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8" });
  } catch {
    return "";
  }
};

/** Kills outright what the test started: the provider host alone, or the engine and all below it. */
function kill(engine: ChildProcess, whom: "provider" | "engine"): void {
  const pid = engine.pid ?? 0;
  const below = children(pid);
  const victims =
    whom === "provider"
      ? below.filter((child) => commandOf(child).includes("dynamic-provider"))
      : [pid, ...below];
  for (const victim of victims) {
    try {
      process.kill(victim, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
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
  for (const whom of ["provider", "engine"] as const) {
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
            kill(engine, whom);
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
});
