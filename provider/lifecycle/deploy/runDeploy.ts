import type { DeployRef } from "../../astro/client";
import { upload } from "../../blob/upload";
import { UploadError } from "../../blob/error";
import { uploadLimit } from "../../hosts/settings";
import { pushImage } from "../../image/push";
import { AbandonedError, DeployInitError, type HostInputs } from "../initError";
import { toOutputs, type DeployOutputs, type DeployRecord } from "../outputs";
import type { Journal } from "../recovery/journal";
import type { Session } from "../session";
import { finalize } from "./finalize";
import { waitForHealth } from "./health";
import { reportImportErrors } from "./importErrors";
import type { Prepared, PreparedPackage } from "./prepare";
import { deployLimit } from "./poll";
import { waitForEnd } from "./wait";
import { CodedError } from "../../messages";

/** A deploy on its way to its end. */
export interface DeployRun {
  session: Session;
  inputs: HostInputs;
  /** Kept up to date at every step, so that whoever catches an error knows how far it has come. */
  record: DeployRecord;
  /** Where the record is saved whenever it has changed. */
  journal: Journal;
}

/**
 * Takes a created deploy to its end: prepare, upload, push, finalize, wait. What is done already is
 * not done again.
 *
 * @param prepare - Gives what is to be shipped; undefined if that is left to the program.
 * @throws DeployInitError if Astro reports `FAILED`, or a step fails.
 */
export async function runDeploy(
  run: DeployRun,
  prepare: () => Promise<Prepared | undefined>,
): Promise<DeployOutputs> {
  const { inputs, record, journal } = run;
  try {
    const prepared = await prepare();
    if (prepared) {
      record.webServerUrl = prepared.deployment?.webServerUrl ?? record.webServerUrl;
      for (const made of prepared.packages) {
        if (record.progress[made.source.version] === undefined) await uploadPackage(run, made);
      }
      if (prepared.image && record.progress.imageDigest === undefined) {
        await push(run, prepared.image);
      }
      await finish(run);
    }
    if (inputs.reportImportErrors) await reportImportErrors(run);
    return toOutputs(inputs, record);
  } catch (error) {
    if (error instanceof AbandonedError) record.progress.abandoned = error.reason;
    throw new DeployInitError(inputs, record, error);
  } finally {
    await journal.release(record.deploy.id);
  }
}

async function finish(run: DeployRun): Promise<void> {
  const { session, inputs, record } = run;
  const { deploy, progress } = record;
  const { organizationId, deploymentId } = inputs;
  const label = session.declarations.labelOf(inputs);
  const ref: DeployRef = { organizationId, deploymentId, deployId: deploy.id };
  const awaitsHealth = inputs.waitFor === "HEALTHY";
  if (awaitsHealth) progress.health = "awaited";
  let refusal: Error | undefined;
  if (progress.finalize !== "done") {
    await session.engine?.exitIfEnded();
    session.reporter.progress(`${label}: finalizing`);
    const { dagTarballVersion, bundleTarballVersion } = progress;
    const versions = {
      ...(dagTarballVersion !== undefined && { dagTarballVersion }),
      ...(bundleTarballVersion !== undefined && { bundleTarballVersion }),
    };
    refusal = await finalize(session, ref, record, versions, () => save(run));
    await save(run);
  }
  const limit = deployLimit(session);
  if (inputs.wait !== false) {
    session.reporter.progress(`${label}: waiting for DEPLOYED`);
    record.deploy = await waitForEnd(session, ref, record.deploy, { refusal, limit });
    progress.finalize = "done";
  }
  if (record.deploy.status === "FAILED")
    throw new CodedError("deploy-failed", "Astro reports FAILED");
  if (awaitsHealth) {
    session.reporter.progress(`${label}: waiting for HEALTHY`);
    await waitForHealth(session, ref, record, limit);
    delete progress.health;
  }
}

function save({ journal, record: { deploy, progress } }: DeployRun): Promise<void> {
  return journal.write({ startedAt: deploy.createdAt, deployId: deploy.id, progress });
}

async function uploadPackage(run: DeployRun, { source, archive }: PreparedPackage): Promise<void> {
  const { session, inputs, record } = run;
  const { deploy, progress } = record;
  const url = deploy[source.url];
  if (url === undefined) {
    throw new AbandonedError(
      "no-upload-url",
      `Astro gave no URL to upload ${source.property} to.`,
      `it has no ${source.url}`,
    );
  }
  const name = `${session.declarations.labelOf(inputs)}: uploading ${source.property}, ${size(archive.size)}`;
  session.reporter.progress(name);
  try {
    progress[source.version] = await upload(url, archive, {
      deadline: Date.now() + session.settings.uploadTimeoutMs,
      limits: session.uploadLimits,
      signal: session.signal,
      now: () => session.client().now(),
      onProgress: everyTenth((percent) => {
        session.reporter.progress(`${name}: ${percent} %`);
      }),
    });
  } catch (error) {
    if (!(error instanceof UploadError) || !error.expired) throw error;
    throw new AbandonedError(error.messageCode, error.message, "its upload URL has expired");
  }
  await save(run);
}

/** Passes a share on whenever it has grown by a tenth, short of the whole. */
function everyTenth(report: (percent: number) => void): (done: number, total: number) => void {
  let last = 0;
  return (done, total) => {
    const percent = Math.floor((done / total) * 10) * 10;
    if (percent > last && percent < 100) report(percent);
    last = percent;
  };
}

function size(bytes: number): string {
  return bytes < 1024 * 1024
    ? `${Math.ceil(bytes / 1024)} KiB`
    : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/** The user name that the service's registry takes an API token from as the password. */
const registryUser = "cli";

async function push(run: DeployRun, image: NonNullable<Prepared["image"]>): Promise<void> {
  const { session, inputs, record } = run;
  const { deploy, progress } = record;
  session.reporter.progress(`${session.declarations.labelOf(inputs)}: pushing the image`);
  progress.imageDigest = await pushImage(
    image.source,
    {
      repository: deploy.imageRepository,
      tag: deploy.imageTag,
      username: registryUser,
      password: session.settings.token ?? "",
    },
    { tool: image.tool, limit: uploadLimit(session.settings), signal: session.signal },
  );
  await save(run);
}
