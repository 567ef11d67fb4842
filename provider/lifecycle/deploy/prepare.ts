import { ArtifactError } from "../../artifact/error";
import { packTree, type Package } from "../../artifact/archive/pack";
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
import { poll } from "./poll";
import { changesRuntime, findProblems, type Problem } from "./preflight";
import { unlessAborted } from "../../system/pause";
import { capitalize } from "../text";
import { imageSource, treeSources, type TreeSource } from "../sources/sources";
import { CodedError, withCode } from "../../messages";

/** What is ready to be shipped. */
export interface Prepared {
  packages: PreparedPackage[];
  image?: PreparedImage;
  /** As it was read. Absent for a deploy that is only waited for. */
  deployment?: Deployment;
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
  const declaration = session.declarations.of(inputs);
  const reference =
    progress.imageDigest === undefined ? imageSource(inputs, declaration.folder) : undefined;
  const image = reference && (await prepareImage(session, inputs, reference));
  // What is finalized is only waited for.
  const deployment =
    progress.finalize === "done" ? undefined : await readDeployable(session, inputs, image?.facts);

  const packages: PreparedPackage[] = [];
  for (const source of treeSources(inputs, declaration)) {
    if (progress[source.version] !== undefined) continue;
    const archive = await pack(session, source);
    if (archive.digest.digest !== inputs[source.digest]) throw changedSince(source.property);
    packages.push({ source, archive });
  }
  return { packages, ...(image && { image }), ...(deployment && { deployment }) };
}

/** @throws Error if the files were made for an earlier `pulumi up`, of which the state has digests. */
function pack(session: Session, { property, tree, options }: TreeSource): Promise<Package> {
  if (tree === undefined) {
    throw new CodedError(
      "files-not-kept",
      `${property}: the state holds only the digests of the files that the program made, so they cannot be deployed again. Take ${property} out of ignoreChanges.`,
    );
  }
  const packing = session.memo.once("package", [tree, options], async () => {
    session.reporter.progress(`packing ${property}`);
    try {
      return await packTree(tree, { ...options, signal: session.sharedSignal });
    } catch (error) {
      if (!(error instanceof ArtifactError)) throw error;
      throw new CodedError(error.messageCode, `${property}: ${error.message}`);
    }
  });
  return unlessAborted(packing, session.signal);
}

/** @throws Error if the Deployment takes no such deploy. */
async function readDeployable(
  session: Session,
  inputs: DeployInputs,
  image: ImageInfo | undefined,
): Promise<Deployment> {
  const deployment = await readCreated(session, inputs);
  const obstacles = await findObstacles(session, inputs, deployment, image);
  const [first, ...others] = obstacles;
  if (!first) return deployment;
  // The error has the last code, which `sanitizeError` appends.
  const last = others.at(-1) ?? first;
  const texts = obstacles.map((each) =>
    each === last ? capitalize(each.text) : withCode(capitalize(each.text), each.code),
  );
  throw new CodedError(last.code, texts.join(" "));
}

/** Why the Deployment would refuse the deploy. */
export async function findObstacles(
  session: Session,
  inputs: DeployInputs,
  deployment: Deployment,
  image: ImageInfo | undefined,
): Promise<Problem[]> {
  const runtimes =
    image && changesRuntime(deployment, image) ? await offeredRuntimes(session, inputs) : [];
  return findProblems(deployment, inputs, session.settings.token, image, runtimes);
}

/** A Deployment that the same program creates may not be ready when its id is known. */
async function readCreated(session: Session, inputs: DeployInputs): Promise<Deployment> {
  const client = session.client();
  const deployment = await client.getDeployment(inputs);
  const isCreated = ({ status }: Deployment) => status !== "CREATING";
  if (isCreated(deployment)) return deployment;
  const label = session.declarations.labelOf(inputs);
  session.reporter.progress(`${label}: waiting for the Deployment to be created`);
  return poll(session, deployment, {
    read: (deadline) => client.getDeployment(inputs, deadline),
    isOver: isCreated,
    describe: ({ status }) => `Deployment ${inputs.deploymentId} is still ${status}`,
  });
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
  { settings, signal }: Session,
  inputs: DeployInputs,
  source: ImageReference,
): Promise<PreparedImage> {
  const { imageTool } = settings;
  const inspecting = inspectImage(source, { tool: imageTool, limit: uploadLimit(settings) });
  const facts = await unlessAborted(inspecting, signal);
  if (facts.digest !== inputs.imageSourceDigest) throw changedSince("image");
  return { source, facts, tool: await findTool(source.transport, imageTool, facts.isOnlyImage) };
}

function changedSince(property: string): CodedError {
  return new CodedError(
    "files-changed",
    `${property} changed while \`pulumi up\` ran, after its digest was taken. Nothing was deployed; run \`pulumi up\` again.`,
  );
}
