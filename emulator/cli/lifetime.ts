import type { CommandLine } from "./arguments";

/** Ending on SIGHUP: a terminal that is closed sends it. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** How often to look whether the parent lives. No system tells of it portably. */
const intervalMs = 500;

/** Calls `end` when this process is to end: told by a signal, or its parent is gone. */
export function whenToEnd(
  parent: CommandLine["parent"],
  end: (signal: NodeJS.Signals) => void,
): void {
  for (const signal of signals) process.on(signal, end);
  if (parent === "none") return;
  const starter = process.ppid;
  const timer = setInterval(() => {
    if (parent === "starter" ? process.ppid === starter : isAlive(parent)) return;
    clearInterval(timer);
    end("SIGTERM");
  }, intervalMs);
  timer.unref();
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // A process of another user may not be signalled; it is there.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
