import { spawn } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { redact } from "../../redact";
import { ImageError } from "./facts";
import type { ImageReference } from "./reference";

/** The well-kept tools that can carry an image to a registry. */
export const imageTools = ["skopeo", "crane", "docker"] as const;
export type ImageTool = (typeof imageTools)[number];

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
  const source = sole ? transport : `${transport} with several images in it`;
  const candidates = able[transport].filter((tool) => sole || tool !== "crane");
  if (chosen !== undefined) {
    if (!candidates.includes(chosen)) {
      throw new ImageError(
        `astro:imageTool is ${chosen}, which cannot ship from ${source}; ${candidates.join(" or ")} can`,
      );
    }
    if (await isInstalled(chosen)) return chosen;
    throw new ImageError(`astro:imageTool is ${chosen}, which is not on the PATH`);
  }
  for (const tool of candidates) if (await isInstalled(tool)) return tool;
  throw new ImageError(
    `no tool on the PATH can ship an image from ${source}: install ${candidates.join(" or ")}`,
  );
}

async function isInstalled(tool: ImageTool): Promise<boolean> {
  const suffix = process.platform === "win32" ? ".exe" : "";
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const folder of folders) {
    const found = await access(join(folder, tool + suffix), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}

/** skopeo's flag for a registry on this machine, the only kind that may speak plain http. */
export function plainHttp(side: "" | "src-" | "dest-", name: string): string[] {
  return /^(localhost|127(\.\d+){3})(:\d+)?\//.test(name) ? [`--${side}tls-verify=false`] : [];
}

/** skopeo's flag for the daemon that `DOCKER_HOST` names, which it does not look at itself. */
export function daemonHost(side: "" | "src-"): string[] {
  const { DOCKER_HOST: host } = process.env;
  return host === undefined || host === "" ? [] : [`--${side}daemon-host=${host}`];
}

/** The last lines of what a tool says are those that tell why it failed. */
const keptBytes = 4096;

export interface RunOptions {
  /** The longest that it may take, in milliseconds. */
  timeoutMs: number;
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
  { timeoutMs, env }: RunOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(tool, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
      signal: AbortSignal.timeout(timeoutMs),
    });
    // A push that nobody waits for any more.
    const kill = () => child.kill();
    process.once("exit", kill);
    const out: Buffer[] = [];
    let complaint = "";
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => {
      complaint = (complaint + chunk.toString("utf8")).slice(-keptBytes);
    });
    child.on("error", (error) => {
      const reason =
        error.name === "AbortError"
          ? `took longer than ${timeoutMs / 1000} seconds; raise astro:uploadTimeoutSeconds`
          : error.message;
      reject(new ImageError(`${tool} ${reason}`));
    });
    child.on("close", (code) => {
      process.off("exit", kill);
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
