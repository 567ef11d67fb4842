import { spawn } from "node:child_process";
import type { CommandLine } from "./arguments";
import { shellExports } from "./environment";

/** What a process in the background reports to the one that started it. */
export type Report = { env: Readonly<Record<string, string>> } | { problem: string };

/**
 * Starts the emulator as a process of its own, as ssh-agent does: a shell that evaluates the output
 * would otherwise wait for it for ever. Resolves with what the shell is to evaluate.
 *
 * @param file - The command line's own file.
 */
export async function startInBackground(
  file: string,
  args: readonly string[],
  { isVerbose, parent }: CommandLine,
): Promise<string> {
  const own = args.filter((arg) => arg !== "--background");
  // Its starter ends at once.
  if (parent === "starter") own.push("--no-parent");
  const child = spawn(process.execPath, [...process.execArgv, file, ...own], {
    detached: true,
    stdio: ["ignore", "ignore", isVerbose ? "inherit" : "ignore", "ipc"],
  });
  const report = await new Promise<Report>((resolve, reject) => {
    child.once("message", resolve);
    child.once("error", reject);
    child.once("exit", (code) => {
      reject(new Error(`it ended with exit code ${code ?? "none"} before it answered`));
    });
  });
  if ("problem" in report) throw new Error(report.problem);
  child.disconnect();
  child.unref();
  const pid = String(child.pid);
  return shellExports({ ...report.env, ASTRO_EMULATOR_PID: pid }, ";");
}

/** Reports to the process that started this one in the background, if one did. */
export function report(message: Report): void {
  process.send?.(message);
}
