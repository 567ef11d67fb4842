import { createHash } from "node:crypto";
import type { z } from "zod";
import { ImageError, type ImageInfo } from "../info";
import { chooseFromList, configSchema, infoOf, manifestSchema } from "../manifest";
import type { ImageTool } from "./names";

/**
 * Facts of an image in a registry.
 *
 * @param manifest - As the registry has it: an image's, or a list.
 * @param config - Of the image for Astro's platform.
 */
export function remoteInfo(tool: ImageTool, manifest: string, config: string): ImageInfo {
  const { manifests } = parse(manifest, manifestSchema, tool);
  // Of a list, only what Astro can run counts: its other platforms may change.
  const digest = manifests ? chooseFromList(manifests).digest : sha256(manifest);
  return infoOf(digest, parse(config, configSchema, tool));
}

export function sha256(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

export function parse<T>(text: string, schema: z.ZodType<T>, tool: ImageTool): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new ImageError(`${tool} described the image in a way that is not understood`);
  }
}
