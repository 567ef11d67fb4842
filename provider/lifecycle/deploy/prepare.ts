import { ArtifactError } from "../../artifact/error";
import { packTree, type Package } from "../../artifact/pack";
import type { ImageInfo } from "../../image/info";
import { inspectImage } from "../../image/inspect";
import type { ImageReference } from "../../image/reference";
import type { ImageTool } from "../../image/tools/tool";
import { findTool } from "../../image/tools";
import { AstroError } from "../../astro/error";
import type { Deployment } from "../../astro/responses";
import { uploadLimit } from "../../hosts/settings";
import type { Session } from "../session";
import type { DeployInputs } from "../inputs/table";
import type { Progress } from "../outputs";
import { changesRuntime, findProblems } from "./preflight";
import { capitalize } from "../text";
import { imageSource, treeSources, type TreeSource } from "../inputs/sources";

/** What is ready to be shipped. */
export interface Prepared {
  packages: PreparedPackage[];
  image?: PreparedImage;
  /** The Deployment's, if it was read. */
  webServerUrl?: string | undefined;
}

export interface PreparedPackage {
  source: TreeSource;
  archive: Package;
}

interface PreparedImage {
  source: ImageReference;
  facts: ImageInfo;
  /** What will push it. */
  tool: ImageTool;
}

/**
 * Makes ready what a deploy has not shipped yet, and finds out all that can be known. Comes before
 * the POST, so that a fault up to here leaves no deploy behind.
 *
 * @throws ArtifactError, ImageError if a source cannot be shipped.
 * @throws AstroError if the Deployment cannot be read.
 * @throws Error if the Deployment takes no such deploy, or a source changed since `check`.
 */
export async function prepare(
  session: Session,
  inputs: DeployInputs,
  progress: Progress = {},
): Promise<Prepared> {
  const { folder } = session.declarations.of(inputs);
  const reference = progress.imageDigest === undefined ? imageSource(inputs, folder) : undefined;
  const image = reference && (await prepareImage(session, inputs, reference));
  // What is finalized is only waited for.
  const deployment =
    progress.finalize === "done" ? undefined : await readDeployable(session, inputs, image?.facts);

  const packages: PreparedPackage[] = [];
  for (const source of treeSources(inputs, folder)) {
    if (progress[source.version] !== undefined) continue;
    const archive = await pack(session, source);
    if (archive.digest.digest !== inputs[source.digest]) throw changedSince(source.property);
    packages.push({ source, archive });
  }
  return { packages, ...(image && { image }), webServerUrl: deployment?.webServerUrl };
}

function pack(session: Session, { property, folder, options }: TreeSource): Promise<Package> {
  return session.memo.once("package", [folder, options], async () => {
    session.reporter.progress(`packing ${property}`);
    try {
      return await packTree(folder, { ...options, signal: session.signal });
    } catch (error) {
      throw error instanceof ArtifactError ? new Error(`${property}: ${error.message}`) : error;
    }
  });
}

/** @throws Error if the Deployment takes no such deploy. */
async function readDeployable(
  session: Session,
  inputs: DeployInputs,
  image: ImageInfo | undefined,
): Promise<Deployment> {
  const deployment = await session.client().getDeployment(inputs);
  const runtimes =
    image && changesRuntime(deployment, image) ? await offeredRuntimes(session, inputs) : [];
  const obstacles = findProblems(deployment, inputs, session.settings.token, image, runtimes);
  if (obstacles.length > 0) throw new Error(obstacles.map(capitalize).join(" "));
  return deployment;
}

/** The versions of Runtime that Astro offers; none for a token that may not read them. */
async function offeredRuntimes(session: Session, inputs: DeployInputs): Promise<string[]> {
  const deadline = Date.now() + session.settings.requestTimeoutMs;
  try {
    const { runtimeReleases } = await session.client().getDeploymentOptions(inputs, deadline);
    return runtimeReleases.map(({ version }) => version);
  } catch (error) {
    // Astro itself decides then.
    if (error instanceof AstroError) return [];
    throw error;
  }
}

async function prepareImage(
  { settings }: Session,
  inputs: DeployInputs,
  source: ImageReference,
): Promise<PreparedImage> {
  const { imageTool } = settings;
  const facts = await inspectImage(source, { tool: imageTool, limit: uploadLimit(settings) });
  if (facts.digest !== inputs.imageSourceDigest) throw changedSince("image");
  return { source, facts, tool: await findTool(source.transport, imageTool, facts.isOnlyImage) };
}

function changedSince(property: string): Error {
  return new Error(
    `${property} changed while \`pulumi up\` ran, after its digest was taken. Nothing was deployed; run \`pulumi up\` again.`,
  );
}
