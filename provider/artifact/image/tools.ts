import { spawn, type ChildProcess } from "node:child_process";
import { onExit } from "signal-exit";
import which from "which";
import { isLoopback } from "../../loopback";
import { environmentOfOthers } from "../../process";
import { redact } from "../../redact";
import { ImageError } from "./facts";
import type { ImageReference } from "./reference";
import type { ImageTool } from "./toolNames";

/** Which tool can carry an image from where, the preferred one first. */
const able: Record<ImageReference["transport"], readonly ImageTool[]> = {
  oci: ["skopeo", "crane"],
  "oci-archive": ["skopeo"],
  "docker-archive": ["skopeo", "crane"],
  "docker-daemon": ["docker", "skopeo"],
  docker: ["skopeo", "crane"],
};

/**
 * Finds a tool for a source.
 *
 * @param chosen - The only tool to use, where the user has chosen one (`astro:imageTool`).
 * @param sole - Whether the file or folder holds this image only: crane cannot pick one of several.
 * @throws ImageError naming the tools that would do.
 */
export async function findTool(
  transport: ImageReference["transport"],
  chosen: ImageTool | undefined,
  sole = true,
): Promise<ImageTool> {
  const problem = inability(transport, chosen, sole);
  if (problem !== undefined) throw new ImageError(problem);
  const candidates = chosen === undefined ? candidatesFor(transport, sole) : [chosen];
  for (const tool of candidates) if (await isInstalled(tool)) return tool;
  throw new ImageError(
    chosen === undefined
      ? `no tool on the PATH can ship an image from ${described(transport, sole)}: install ${candidates.join(" or ")}`
      : `astro:imageTool is ${chosen}, which is not on the PATH`,
  );
}

/** Why the chosen tool cannot ship from a source, installed or not. */
export function inability(
  transport: ImageReference["transport"],
  chosen: ImageTool | undefined,
  sole: boolean,
): string | undefined {
  const candidates = candidatesFor(transport, sole);
  if (chosen === undefined || candidates.includes(chosen)) return undefined;
  return `astro:imageTool is ${chosen}, which cannot ship from ${described(transport, sole)}; ${candidates.join(" or ")} can`;
}

function candidatesFor(transport: ImageReference["transport"], sole: boolean): ImageTool[] {
  return able[transport].filter((tool) => sole || tool !== "crane");
}

function described(transport: ImageReference["transport"], sole: boolean): string {
  return sole ? transport : `${transport} with several images in it`;
}

async function isInstalled(tool: ImageTool): Promise<boolean> {
  return (await which(tool, { nothrow: true })) !== null;
}

/** skopeo's flag for a registry on this machine, the only kind that may speak plain http. */
export function plainHttp(side: "" | "src-" | "dest-", name: string): string[] {
  const [registry = ""] = name.split("/");
  return isLoopback(registry.replace(/:\d+$/, "")) ? [`--${side}tls-verify=false`] : [];
}

/** skopeo's flag for the daemon that `DOCKER_HOST` names, which it does not look at itself. */
export function daemonHost(side: "" | "src-"): string[] {
  const { DOCKER_HOST: host } = process.env;
  return host === undefined || host === "" ? [] : [`--${side}daemon-host=${host}`];
}

const children = new Set<ChildProcess>();
// A push that nobody waits for any more.
onExit(() => {
  for (const child of children) child.kill();
});

/** The last lines of what a tool says are those that tell why it failed. */
const keptBytes = 4096;

/** The longest that a tool may take. */
export interface Limit {
  ms: number;
  /** The setting that raises it. */
  setting: string;
}

export interface RunOptions {
  limit: Limit;
  env?: Readonly<Record<string, string>>;
}

/**
 * Runs a tool and returns what it printed.
 *
 * @throws ImageError with the tool's own last words. Nothing secret may be in `args`: a command
 * line can be read by every user of the machine.
 */
export async function runTool(
  tool: ImageTool,
  args: readonly string[],
  { limit, env }: RunOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(tool, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...environmentOfOthers(), ...env },
      signal: AbortSignal.timeout(limit.ms),
    });
    children.add(child);
    const out: Buffer[] = [];
    let complaint = "";
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => {
      complaint = (complaint + chunk.toString("utf8")).slice(-keptBytes);
    });
    child.on("error", (error) => {
      const reason =
        error.name === "AbortError"
          ? `took longer than ${limit.ms / 1000} seconds; raise ${limit.setting}`
          : error.message;
      reject(new ImageError(`${tool} ${reason}`));
    });
    child.on("close", (code) => {
      children.delete(child);
      if (code === 0) resolve(Buffer.concat(out).toString("utf8"));
      else
        reject(
          new ImageError(`${tool} failed: ${lastWords(complaint) || `exit code ${String(code)}`}`),
        );
    });
  });
}

function lastWords(complaint: string): string {
  const lines = complaint.trim().split("\n").slice(-3);
  // skopeo writes log lines: time="…" level=fatal msg="…".
  const texts = lines.map(
    (line) => /msg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1]?.replace(/\\"/g, '"') ?? line,
  );
  return redact(texts.join("; "));
}
