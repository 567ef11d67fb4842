import which from "which";
import { ImageError, type ImageInfo } from "../info";
import type { ImageReference } from "../reference";
import type { RunOptions } from "../runTool";
import { crane } from "./crane";
import { docker } from "./docker";
import { skopeo } from "./skopeo";
import {
  imageTools,
  type ImageTool,
  type NamedReference,
  type PushOptions,
  type Tool,
} from "./tool";

/** All tools. */
const tools: Readonly<Record<ImageTool, Tool>> = { docker, skopeo, crane };

/**
 * Finds a tool for a source.
 *
 * @param chosen - The only tool to use, if the user has chosen one (`astro:imageTool`).
 * @param isOnlyImage - Whether the file or folder contains only this image: not every tool can
 *   choose one.
 * @throws ImageError with the tools that support the source, if none of them is installed.
 */
export async function findTool(
  transport: ImageReference["transport"],
  chosen: ImageTool | undefined,
  isOnlyImage = true,
): Promise<ImageTool> {
  const problem = unsupportedReason(transport, chosen, isOnlyImage);
  if (problem !== undefined) throw new ImageError("image-tool", problem);
  const candidates = chosen === undefined ? candidatesFor(transport, isOnlyImage) : [chosen];
  for (const tool of candidates) if (await isInstalled(tool)) return tool;
  throw new ImageError(
    "image-tool",
    chosen === undefined
      ? `no installed tool supports ${describeSource(transport, isOnlyImage)}: install ${candidates.join(" or ")}`
      : `astro:imageTool is ${chosen}, which is not installed (not on the PATH)`,
  );
}

/** Why the chosen tool cannot be used for a source, installed or not; undefined if it can. */
export function unsupportedReason(
  transport: ImageReference["transport"],
  chosen: ImageTool | undefined,
  isOnlyImage: boolean,
): string | undefined {
  const candidates = candidatesFor(transport, isOnlyImage);
  if (chosen === undefined || candidates.includes(chosen)) return undefined;
  return `astro:imageTool is ${chosen}, which does not support ${describeSource(transport, isOnlyImage)}; use ${candidates.join(" or ")}`;
}

function candidatesFor(transport: ImageReference["transport"], isOnlyImage: boolean): ImageTool[] {
  return imageTools.filter((tool) => {
    const source = tools[tool].sources[transport];
    return source && (isOnlyImage || !("severalImages" in source) || source.severalImages);
  });
}

function describeSource(transport: ImageReference["transport"], isOnlyImage: boolean): string {
  return isOnlyImage ? transport : `${transport} with several images`;
}

async function isInstalled(tool: ImageTool): Promise<boolean> {
  return (await which(tool, { nothrow: true })) !== null;
}

/** Describes an image that only a tool can read. */
export async function inspectWith(
  tool: ImageTool,
  image: NamedReference,
  options: RunOptions,
): Promise<ImageInfo> {
  const source = tools[tool].sources[image.transport];
  if (!source) throw unsupported(tool, image);
  return source.inspect(image, options);
}

/** Pushes once and returns the manifest's digest. */
export async function pushWith(
  tool: ImageTool,
  image: ImageReference,
  destination: string,
  options: PushOptions,
): Promise<string> {
  const { sources } = tools[tool];
  const digest =
    "path" in image
      ? await sources[image.transport]?.push(image, destination, options)
      : await sources[image.transport]?.push(image, destination, options);
  if (digest === undefined) throw unsupported(tool, image);
  return digest;
}

/** Whether a tool reads this kind of archive compressed with gzip. */
export function readsGzip(tool: ImageTool, transport: ImageReference["transport"]): boolean {
  const source = tools[tool].sources[transport];
  return source !== undefined && "gzip" in source && source.gzip;
}

/** How many attempts a push has, and which error output is worth a retry. */
export function retriesOf(tool: ImageTool) {
  const { attempts, retryable, permanent } = tools[tool];
  return {
    ...(attempts !== undefined && { attempts }),
    isRetryable: (output: string) =>
      retryable.some((pattern) => pattern.test(output)) &&
      !permanent.some((pattern) => pattern.test(output)),
  };
}

function unsupported(tool: ImageTool, { transport }: ImageReference): ImageError {
  return new ImageError("image-tool", `${tool} does not support ${transport}`);
}
