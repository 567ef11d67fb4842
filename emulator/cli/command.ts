import { spawn } from "node:child_process";
import { constants } from "node:os";

/** A command that runs. */
export interface RunningCommand {
  /** Resolves with its exit code, as a shell would tell it. */
  readonly ended: Promise<number>;
  /** Passes on a signal that this process received. */
  readonly signal: (name: NodeJS.Signals) => void;
}

/** What a terminal sends to all of its processes by itself: to pass it on would send it twice. */
const fromTerminal = new Set<NodeJS.Signals>(["SIGINT", "SIGQUIT"]);

/** Runs a command with these variables set, and with this process's input and output. */
export function runCommand(
  command: readonly string[],
  variables: Readonly<Record<string, string>>,
): RunningCommand {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { stdio: "inherit", env: { ...process.env, ...variables } });
  const ended = new Promise<number>((resolve) => {
    child.on("error", (error: NodeJS.ErrnoException) => {
      process.stderr.write(`astro-emulator: cannot run ${program}: ${error.message}\n`);
      // As shells have it: 127 if there is no such program, 126 if it cannot be run.
      resolve(error.code === "ENOENT" ? 127 : 126);
    });
    child.on("close", (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
  const hasTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
  return {
    ended,
    signal: (name) => {
      if (!(hasTerminal && fromTerminal.has(name))) child.kill(name);
    },
  };
}
