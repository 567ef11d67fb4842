import { execFileSync } from "node:child_process";

/** The processes below one, of all generations. */
export function children(pid: number): number[] {
  const list = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" });
  const pairs = list
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = pairs.filter(([, parent]) => parent === pid).map(([child]) => child ?? 0);
  return [...below, ...below.flatMap(children)];
}

/** The command line of a process; empty where it runs no more. */
export function commandOf(pid: number): string {
  try {
    return execFileSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8" });
  } catch {
    return "";
  }
}

/** Sends a signal to those of the processes that still run. Default: the one that kills outright. */
export function kill(victims: readonly number[], signal: NodeJS.Signals = "SIGKILL"): void {
  for (const victim of victims) {
    try {
      process.kill(victim, signal);
    } catch {
      // It ended by itself.
    }
  }
}
