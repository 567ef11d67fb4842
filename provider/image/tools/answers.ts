import { createHash } from "node:crypto";
import type * as z from "zod";
import { ImageError, type ImageInfo } from "../info";
import { chooseFromList, configSchema, infoOf, manifestSchema } from "../manifest";
import type { ImageTool } from "./tool";

/**
 * Describes an image in a registry.
 *
 * @param manifest - The registry's text of it: a manifest, or a list of manifests.
 * @param config - The text of the configuration of the image for Astro's platform.
 */
export function remoteInfo(tool: ImageTool, manifest: string, config: string): ImageInfo {
  const { manifests } = parse(manifest, manifestSchema, tool);
  // Of a list, only the image that Astro can run counts: its other platforms may change.
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
    throw new ImageError("image-unreadable", `${tool} described the image in an unknown format`);
  }
}
