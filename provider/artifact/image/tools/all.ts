import which from "which";
import { ImageError, type ImageFacts } from "../facts";
import type { ImageReference } from "../reference";
import type { RunOptions } from "../run";
import { imageTools, type ImageTool } from "../toolNames";
import { crane } from "./crane";
import { docker } from "./docker";
import { skopeo } from "./skopeo";
import type { NamedReference, PushOptions, Tool } from "./tool";

/** What is known of each tool. */
const tools: Readonly<Record<ImageTool, Tool>> = { docker, skopeo, crane };

/**
 * Finds a tool for a source.
 *
 * @param chosen - The only tool to use, where the user has chosen one (`astro:imageTool`).
 * @param sole - Whether the file or folder holds this image only: not every tool can pick one.
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
  return imageTools.filter((tool) => {
    const source = tools[tool].sources[transport];
    return source && (sole || !("severalImages" in source) || source.severalImages);
  });
}

function described(transport: ImageReference["transport"], sole: boolean): string {
  return sole ? transport : `${transport} with several images in it`;
}

async function isInstalled(tool: ImageTool): Promise<boolean> {
  return (await which(tool, { nothrow: true })) !== null;
}

/** Finds out what an image is that only a tool can look at. */
export async function inspectBy(
  tool: ImageTool,
  image: NamedReference,
  options: RunOptions,
): Promise<ImageFacts> {
  const source = tools[tool].sources[image.transport];
  if (!source) throw cannotShip(tool, image);
  return source.inspect(image, options);
}

/** Pushes once, as {@link Tool} says. */
export async function pushBy(
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
  if (digest === undefined) throw cannotShip(tool, image);
  return digest;
}

/** Whether a tool reads this kind of archive if gzip has compressed it. */
export function readsGzip(tool: ImageTool, transport: ImageReference["transport"]): boolean {
  const source = tools[tool].sources[transport];
  return source !== undefined && "gzip" in source && source.gzip;
}

/** How often to push in all, and whether once more after a failure that said this. */
export function retriesOf(tool: ImageTool) {
  const { attempts, passing, lasting } = tools[tool];
  return {
    ...(attempts !== undefined && { attempts }),
    mayPass: (words: string) =>
      passing.some((pattern) => pattern.test(words)) &&
      !lasting.some((pattern) => pattern.test(words)),
  };
}

function cannotShip(tool: ImageTool, { transport }: ImageReference): ImageError {
  return new ImageError(`${tool} cannot ship from ${transport}`);
}
