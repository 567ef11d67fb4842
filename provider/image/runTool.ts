import { spawn, type ChildProcess } from "node:child_process";
import { onExit } from "signal-exit";
import { deadlineAt, type Deadline } from "../system/deadline";
import { childEnv } from "../system/process";
import { redact } from "../http/redact";
import { ImageError } from "./info";
import { withoutReference, type ImageReference } from "./reference";
import type { ImageTool } from "./tools/tool";

const children = new Set<ChildProcess>();
// When this process ends, nobody waits for a push any more.
onExit(() => {
  for (const child of children) child.kill();
});

/** In characters: the last lines of a tool's output say why it failed. */
const maxOutputLength = 64 * 1024;

/** How long a tool may run. */
export interface TimeLimit {
  ms: number;
  /** The name of the setting that raises it. */
  setting: string;
}

export interface RunOptions {
  limit: TimeLimit;
  /** Ends the tool. Runs that share a limit share it. Default that of the limit. */
  signal?: AbortSignal;
  env?: Readonly<Record<string, string>>;
}

/**
 * Runs a tool on an image and returns what it printed.
 *
 * @param args - Must contain no secret, since every user of the machine can read a command line.
 * @throws ImageError with the last lines of the tool's output, without the image's name.
 */
export async function runTool(
  tool: ImageTool,
  args: readonly string[],
  image: ImageReference,
  { limit, signal, env }: RunOptions,
): Promise<string> {
  const own = signal ? undefined : startLimit(limit);
  return new Promise<string>((resolve, reject) => {
    const child = spawn(tool, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...childEnv(), ...env },
      signal: signal ?? own?.signal,
    });
    children.add(child);
    const out: Buffer[] = [];
    let errorOutput = "";
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => {
      errorOutput = (errorOutput + chunk.toString("utf8")).slice(-maxOutputLength);
    });
    child.on("error", (error) => {
      const wasEnded = error.name === "AbortError";
      const reason = wasEnded ? whyEnded(error.cause) : error.message;
      reject(new ImageError(wasEnded ? "cancelled" : "image-tool", `${tool} ${reason}`));
    });
    child.on("close", (code) => {
      children.delete(child);
      if (code === 0) resolve(Buffer.concat(out).toString("utf8"));
      else {
        const reason = withoutReference(lastLines(errorOutput), image);
        const said = reason || `exit code ${String(code)}`;
        reject(new ImageError("image-push-failed", `${tool} failed: ${said}`));
      }
    });
  }).finally(() => {
    own?.release();
  });
}

/** Starts a time limit. Its signal says which setting raises it. */
export function startLimit({ ms, setting }: TimeLimit, cancel?: AbortSignal): Deadline {
  const reason = `it took longer than ${ms / 1000} seconds; raise ${setting}`;
  return deadlineAt(Date.now() + ms, cancel, reason);
}

/** Why a signal ended something; completes "pushing the image …". */
export function whyEnded(reason: unknown): string {
  return String(reason).replace(/^it /, "");
}

/** A line that crane prints whenever it retries a request by itself. */
const isOwnRetry = (line: string) => /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d retrying /.test(line);

function lastLines(complaint: string): string {
  // A line that was cut may begin in the middle of what names the image, which is then not known.
  const whole = complaint.length < maxOutputLength ? complaint : complaint.replace(/^.*(\n|$)/, "");
  const lines = whole
    .trim()
    .split("\n")
    .filter((line) => !isOwnRetry(line))
    .slice(-3);
  // skopeo writes log lines: time="…" level=fatal msg="…".
  const texts = lines.map(
    (line) => /msg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1]?.replace(/\\"/g, '"') ?? line,
  );
  return redact(texts.join("; "));
}
