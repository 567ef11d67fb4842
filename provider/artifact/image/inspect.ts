import { createHash } from "node:crypto";
import { z } from "zod";
import { ImageError, type ImageFacts } from "./facts";
import { readArchive, readLayoutFolder } from "./layout";
import type { ImageReference } from "./reference";
import { findTool, runTool, type ImageTool, type RunOptions } from "./tools";

const platformFlags = ["--override-os=linux", "--override-arch=amd64"];

/** The configuration as `skopeo inspect --config` and `crane config` print it. */
const imageConfig = z.object({
  os: z.string(),
  architecture: z.string(),
  config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
});

/** One image as `docker image inspect` prints it. */
const daemonImage = z.object({
  Id: z.string(),
  Os: z.string(),
  Architecture: z.string(),
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
});

/**
 * Finds out what an image is, without shipping it.
 *
 * @throws ImageError where it does not exist or cannot be read.
 */
export async function inspectImage(
  reference: ImageReference,
  options: RunOptions & { tool?: ImageTool | undefined },
): Promise<ImageFacts> {
  switch (reference.transport) {
    case "oci":
      return readLayoutFolder(reference.path, reference.tag);
    case "oci-archive":
    case "docker-archive":
      return readArchive(reference.path, reference.transport, reference.tag);
    case "docker":
      return inspectRemote(reference.name, await findTool("docker", options.tool), options);
    case "docker-daemon":
      return inspectDaemon(reference.name, await findTool("docker-daemon", options.tool), options);
  }
}

async function inspectRemote(
  name: string,
  tool: ImageTool,
  options: RunOptions,
): Promise<ImageFacts> {
  if (tool === "crane") {
    const digest = await runTool(tool, ["digest", "--platform=linux/amd64", name], options);
    const config = await runTool(tool, ["config", "--platform=linux/amd64", name], options);
    return fromConfig(digest.trim(), parse(config, imageConfig, tool));
  }
  const target = `docker://${name}`;
  const tls = skopeoTls("", name);
  const raw = await runTool("skopeo", ["inspect", "--raw", ...tls, target], options);
  const config = await runTool(
    "skopeo",
    [...platformFlags, "inspect", "--config", ...tls, target],
    options,
  );
  const digest = `sha256:${createHash("sha256").update(raw).digest("hex")}`;
  return fromConfig(digest, parse(config, imageConfig, tool));
}

async function inspectDaemon(
  name: string,
  tool: ImageTool,
  options: RunOptions,
): Promise<ImageFacts> {
  if (tool === "docker") {
    const found = await runTool(tool, ["image", "inspect", "--format={{json .}}", name], options);
    const { Id, Os, Architecture, Config } = parse(found, daemonImage, tool);
    return { digest: Id, platform: `${Os}/${Architecture}`, labels: Config?.Labels ?? {} };
  }
  const config = await runTool(
    "skopeo",
    ["inspect", "--config", "--raw", `docker-daemon:${name}`],
    options,
  );
  // The digest of the configuration is the image's id, as Docker shows it.
  const digest = `sha256:${createHash("sha256").update(config).digest("hex")}`;
  return fromConfig(digest, parse(config, imageConfig, tool));
}

/** Plain http is right for a registry on this machine only. */
export function skopeoTls(side: "" | "src-" | "dest-", name: string): string[] {
  return isLoopback(name) ? [`--${side}tls-verify=false`] : [];
}

function isLoopback(name: string): boolean {
  return /^(localhost|127(\.\d+){3})(:\d+)?\//.test(name);
}

function fromConfig(digest: string, config: z.output<typeof imageConfig>): ImageFacts {
  return {
    digest,
    platform: `${config.os}/${config.architecture}`,
    labels: config.config?.Labels ?? {},
  };
}

function parse<T>(text: string, schema: z.ZodType<T>, tool: ImageTool): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new ImageError(`${tool} described the image in a way that is not understood`);
  }
}
