import { ArtifactError } from "../artifact/errors";
import { packTree, type Package } from "../artifact/pack";
import type { ImageFacts } from "../artifact/image/facts";
import { inspectImage } from "../artifact/image/inspect";
import type { ImageReference } from "../artifact/image/reference";
import type { ImageTool } from "../artifact/image/toolNames";
import { findTool } from "../artifact/image/tools/all";
import { AstroError } from "../astro/errors";
import { uploadLimit } from "../settings";
import type { Context } from "./context";
import type { DeployInputs } from "./inputs";
import { once } from "./once";
import type { Progress } from "./outputs";
import { changesRuntime, findObstacles } from "./preflight";
import { begun } from "./sentence";
import { imageSource, treeSources, type TreeSource } from "./sources";

/** What is ready to be shipped. */
export interface Prepared {
  packages: Partial<Record<TreeSource["property"], Package>>;
  image?: PreparedImage;
}

interface PreparedImage {
  source: ImageReference;
  facts: ImageFacts;
  /** What will push it. */
  tool: ImageTool;
}

/**
 * Makes ready what a deploy has not shipped yet, and finds out all that can be known. Comes before
 * the POST, so that a fault up to here leaves no deploy behind.
 *
 * @throws ArtifactError, ImageError where a source cannot be shipped.
 * @throws AstroError where the Deployment cannot be read.
 * @throws Error where the Deployment takes no such deploy, or a source changed since `check`.
 */
export async function prepare(
  context: Context,
  inputs: DeployInputs,
  progress: Progress = {},
): Promise<Prepared> {
  const start = context.declarations.folderOf(inputs);
  const source = progress.imageDigest === undefined ? imageSource(inputs, start) : undefined;
  const image = source && (await prepareImage(context, inputs, source));
  // What is finalized is only waited for.
  if (progress.finalize !== "done") await mustTakeIt(context, inputs, image?.facts);

  const packages: Prepared["packages"] = {};
  for (const source of treeSources(inputs, start)) {
    if (progress[source.version] !== undefined) continue;
    const made = await pack(context, source);
    if (made.digest.digest !== inputs[source.digest]) throw changedSince(source.property);
    packages[source.property] = made;
  }
  return { packages, ...(image && { image }) };
}

function pack(context: Context, { property, folder, options }: TreeSource): Promise<Package> {
  return once(context, "package", [folder, options], async () => {
    context.reporter.progress(`packing ${property}`);
    try {
      return await packTree(folder, options);
    } catch (error) {
      throw error instanceof ArtifactError ? new Error(`${property}: ${error.message}`) : error;
    }
  });
}

async function mustTakeIt(
  context: Context,
  inputs: DeployInputs,
  image: ImageFacts | undefined,
): Promise<void> {
  const deployment = await context.client().getDeployment(inputs);
  const runtimes =
    image && changesRuntime(deployment, image) ? await offeredRuntimes(context, inputs) : [];
  const obstacles = findObstacles(deployment, inputs, context.settings.token, image, runtimes);
  if (obstacles.length > 0) throw new Error(obstacles.map(begun).join(" "));
}

/** The versions of Runtime that Astro offers; none for a token that may not read them. */
async function offeredRuntimes(context: Context, inputs: DeployInputs): Promise<string[]> {
  const deadline = Date.now() + context.settings.requestTimeoutMs;
  try {
    const { runtimeReleases } = await context.client().getDeploymentOptions(inputs, deadline);
    return runtimeReleases.map(({ version }) => version);
  } catch (error) {
    // Astro itself decides then.
    if (error instanceof AstroError) return [];
    throw error;
  }
}

async function prepareImage(
  { settings }: Context,
  inputs: DeployInputs,
  source: ImageReference,
): Promise<PreparedImage> {
  const { imageTool } = settings;
  const facts = await inspectImage(source, { tool: imageTool, limit: uploadLimit(settings) });
  if (facts.digest !== inputs.imageSourceDigest) throw changedSince("image");
  return { source, facts, tool: await findTool(source.transport, imageTool, facts.sole) };
}

function changedSince(property: string): Error {
  return new Error(
    `${property} changed between the preview and the deploy. Nothing was deployed; run \`pulumi up\` again.`,
  );
}
