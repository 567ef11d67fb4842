import { createHash } from "node:crypto";
import { z } from "zod";
import { ImageError, type ImageFacts } from "./facts";
import { readArchive, readLayoutFolder } from "./layout";
import { chooseFromList, configSchema, factsOf, manifestSchema } from "./manifest";
import type { ImageReference } from "./reference";
import type { ImageTool } from "./toolNames";
import { daemonHost, findTool, plainHttp, runTool, type RunOptions } from "./tools";

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
  const [readManifest, readConfig] =
    tool === "crane"
      ? [
          ["manifest", name],
          ["config", "--platform=linux/amd64", name],
        ]
      : [
          ["inspect", "--raw", ...plainHttp("", name), `docker://${name}`],
          [
            ...["--override-os=linux", "--override-arch=amd64", "inspect", "--config"],
            ...[...plainHttp("", name), `docker://${name}`],
          ],
        ];
  const raw = await runTool(tool, readManifest, options);
  const { manifests } = parse(raw, manifestSchema, tool);
  // Of a list, only what Astro can run counts: its other platforms may change.
  const digest = manifests ? chooseFromList(name, manifests).digest : sha256(raw);
  return factsOf(digest, parse(await runTool(tool, readConfig, options), configSchema, tool));
}

async function inspectDaemon(
  name: string,
  tool: ImageTool,
  options: RunOptions,
): Promise<ImageFacts> {
  if (tool === "docker") {
    const found = await runTool(tool, ["image", "inspect", "--format={{json .}}", name], options);
    const { Id, Os, Architecture, Config } = parse(found, daemonImage, tool);
    return factsOf(Id, { os: Os, architecture: Architecture, config: Config });
  }
  const config = await runTool(
    "skopeo",
    ["inspect", "--config", "--raw", ...daemonHost(""), `docker-daemon:${name}`],
    options,
  );
  // The digest of the configuration is the image's id, as Docker shows it.
  return factsOf(sha256(config), parse(config, configSchema, tool));
}

function sha256(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

function parse<T>(text: string, schema: z.ZodType<T>, tool: ImageTool): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new ImageError(`${tool} described the image in a way that is not understood`);
  }
}
