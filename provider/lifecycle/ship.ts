import { packOnce, type Package } from "../artifact/pack";
import { upload, UploadError } from "../artifact/upload";
import { AstroError } from "../astro/errors";
import type { AstroClient, DeployRef } from "../astro/client";
import type { FinalizeDeployRequest } from "../astro/requests";
import type { Context } from "./context";
import type { DeployInputs } from "./inputs";
import type { DeployRecord, Progress } from "./outputs";
import { bundleSource, dagsSource, type TreeSource } from "./sources";
import { waitForEnd } from "./wait";

/** The archives that a deploy still has to upload. */
export type Packages = Partial<Record<TreeSource["property"], Package>>;

/** Where each source's archive goes, and where the version it is given is kept. */
const uploads = {
  dags: { url: "dagsUploadUrl", version: "dagTarballVersion", name: "DAGs" },
  bundle: { url: "bundleUploadUrl", version: "bundleTarballVersion", name: "bundle" },
} as const;

/**
 * Packs what a deploy has not uploaded yet. Comes before the POST, so that a local fault leaves no
 * deploy behind.
 *
 * @throws ArtifactError where a source cannot be packed.
 * @throws Error where a source is not what `check` had digested.
 */
export async function pack(inputs: DeployInputs, progress: Progress): Promise<Packages> {
  const packages: Packages = {};
  try {
    for (const source of [dagsSource(inputs), bundleSource(inputs)]) {
      if (!source || progress[uploads[source.property].version] !== undefined) continue;
      const made = await packOnce(source.folder, source.options);
      packages[source.property] = made;
      if (made.digest.digest !== inputs[`${source.property}Digest`]) {
        throw new Error(
          `${source.property} (${source.folder}) changed between the preview and the deploy. Nothing was deployed; run \`pulumi up\` again.`,
        );
      }
    }
    return packages;
  } catch (error) {
    await dispose(packages);
    throw error;
  }
}

/** Removes the archives. */
export async function dispose(packages: Packages): Promise<void> {
  await Promise.all(Object.values(packages).map((made) => made.dispose()));
}

/**
 * Takes a created deploy to its end: upload, finalize, wait. What is done already is not done
 * again. The record is kept up to date at every step, so that whoever catches an error knows how
 * far the deploy has come.
 */
export async function ship(
  context: Context,
  inputs: DeployInputs,
  record: DeployRecord,
  packages: Packages,
): Promise<void> {
  const client = context.client();
  const ref: DeployRef = { ...refOf(inputs), deployId: record.deploy.id };

  for (const property of ["dags", "bundle"] as const) {
    const made = packages[property];
    if (made) await uploadOnce(context, record, property, made);
  }
  if (record.progress.finalize !== "done") {
    context.report(`${record.deploy.id}: finalizing`);
    await finalize(client, ref, record);
  }
  if (inputs.wait !== false) {
    context.report(`${record.deploy.id}: waiting for DEPLOYED`);
    record.deploy = await waitForEnd(client, ref, record.deploy, context.settings.deployTimeoutMs);
  }
  if (record.deploy.status === "FAILED") throw new Error("Astro reports FAILED");
}

function refOf({ organizationId, deploymentId }: DeployInputs) {
  return { organizationId, deploymentId };
}

async function uploadOnce(
  context: Context,
  { deploy, progress }: DeployRecord,
  property: TreeSource["property"],
  made: Package,
): Promise<void> {
  const { url: field, version, name } = uploads[property];
  const url = deploy[field];
  if (url === undefined) {
    progress.abandoned = `no ${field}`;
    throw new Error(
      `Astro gave no upload URL for the ${name}; it does so only where DAG deploys are on for the Deployment.`,
    );
  }
  context.report(`${deploy.id}: uploading the ${name} (${size(made.size)})`);
  try {
    progress[version] = await upload(url, made, {
      deadline: Date.now() + context.settings.uploadTimeoutMs,
    });
  } catch (error) {
    if (error instanceof UploadError && error.expired) progress.abandoned = "the upload URL expired";
    throw error;
  }
}

function size(bytes: number): string {
  return bytes < 1024 * 1024
    ? `${Math.ceil(bytes / 1024)} KiB`
    : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/**
 * Finalizes the deploy. Whether the service takes a second finalize of the same deploy is not
 * documented, so after an answer that was lost it is asked first whether the first one arrived.
 */
async function finalize(client: AstroClient, ref: DeployRef, record: DeployRecord): Promise<void> {
  const { progress } = record;
  const versions: FinalizeDeployRequest = {
    ...(progress.dagTarballVersion !== undefined && {
      dagTarballVersion: progress.dagTarballVersion,
    }),
    ...(progress.bundleTarballVersion !== undefined && {
      bundleTarballVersion: progress.bundleTarballVersion,
    }),
  };
  const maySucceedTwice = 3;
  for (let attempt = 1; progress.finalize !== "done"; attempt++) {
    const sentBefore = progress.finalize === "sent";
    if (sentBefore) {
      record.deploy = await client.getDeploy(ref);
      if (arrived(record)) break;
    }
    progress.finalize = "sent";
    try {
      record.deploy = await client.finalizeDeploy(ref, versions);
      break;
    } catch (error) {
      if (!(error instanceof AstroError)) throw error;
      if (error.fate === "answered" && !sentBefore) delete progress.finalize;
      // A repeat that is refused as invalid says that the first one was taken: wait for the end.
      const refusedAsDone = sentBefore && (error.status === 400 || error.status === 409);
      if (refusedAsDone) break;
      if (error.fate !== "unknown" || attempt === maySucceedTwice) throw error;
    }
  }
  progress.finalize = "done";
}

function arrived({ deploy, progress }: DeployRecord): boolean {
  return (
    deploy.status !== "INITIALIZED" ||
    (progress.dagTarballVersion !== undefined &&
      deploy.dagTarballVersion === progress.dagTarballVersion)
  );
}
