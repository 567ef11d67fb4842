import { pushImage } from "../../image/push";
import { upload, UploadError } from "../../blob/upload";
import type { DeployRef } from "../../astro/client";
import { uploadLimit } from "../../hosts/settings";
import type { Session } from "../session";
import { finalize } from "./finalize";
import type { DeployInputs } from "../inputs/table";
import type { Journal } from "../recovery/journal";
import type { DeployRecord } from "../outputs";
import type { Prepared } from "./prepare";
import { treeSources, type TreeSource } from "../inputs/sources";
import { waitForEnd } from "./wait";

/** A deploy on its way to its end. */
export interface DeployRun {
  session: Session;
  inputs: DeployInputs;
  /** Kept up to date at every step, so that whoever catches an error knows how far it has come. */
  record: DeployRecord;
  prepared: Prepared;
  /** Where the record is noted whenever it has changed. */
  journal: Journal;
}

/**
 * Takes a created deploy to its end: upload, push, finalize, wait. What is done already is not
 * done again.
 *
 * @throws Error where Astro reports `FAILED`, or a step fails.
 */
export async function runDeploy(run: DeployRun): Promise<void> {
  const { session, inputs, record } = run;
  const ref = refOf(inputs, record);
  const start = session.declarations.folderOf(inputs);
  for (const source of treeSources(inputs, start)) await uploadTree(run, source);
  await push(run);
  const client = session.client();
  let refusal: Error | undefined;
  if (record.progress.finalize !== "done") {
    await session.engine?.exitIfEnded();
    session.reporter.progress(`${record.deploy.id}: finalizing`);
    refusal = await finalize(client, ref, record, () => save(run));
    await save(run);
  }
  if (inputs.wait !== false) {
    session.reporter.progress(`${record.deploy.id}: waiting for DEPLOYED`);
    const { deployTimeoutMs } = session.settings;
    record.deploy = await waitForEnd(client, ref, record.deploy, deployTimeoutMs, refusal);
    record.progress.finalize = "done";
  }
  if (record.deploy.status === "FAILED") throw new Error("Astro reports FAILED");
}

function refOf(
  { organizationId, deploymentId }: DeployInputs,
  { deploy }: DeployRecord,
): DeployRef {
  return { organizationId, deploymentId, deployId: deploy.id };
}

function save({ journal, record: { deploy, progress } }: DeployRun): Promise<void> {
  return journal.write({ startedAt: deploy.createdAt, deployId: deploy.id, progress });
}

async function uploadTree(run: DeployRun, source: TreeSource): Promise<void> {
  const { session, record, prepared } = run;
  const { deploy, progress } = record;
  const made = prepared.packages[source.property];
  if (!made || progress[source.version] !== undefined) return;
  const url = deploy[source.url];
  if (url === undefined) {
    progress.abandoned = `it has no ${source.url}`;
    throw new Error(`Astro gave no URL to upload ${source.property} to.`);
  }
  const name = `${deploy.id}: uploading ${source.property}, ${size(made.size)}`;
  session.reporter.progress(name);
  try {
    progress[source.version] = await upload(url, made, {
      deadline: Date.now() + session.settings.uploadTimeoutMs,
      now: () => session.client().now(),
      onProgress: everyTenth((percent) => {
        session.reporter.progress(`${name}: ${percent} %`);
      }),
    });
  } catch (error) {
    if (error instanceof UploadError && error.expired) {
      progress.abandoned = "its upload URL has expired";
    }
    throw error;
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

async function push(run: DeployRun): Promise<void> {
  const { session, record, prepared } = run;
  const { deploy, progress } = record;
  if (!prepared.image || progress.imageDigest !== undefined) return;
  session.reporter.progress(`${deploy.id}: pushing the image`);
  progress.imageDigest = await pushImage(
    prepared.image.source,
    {
      repository: deploy.imageRepository,
      tag: deploy.imageTag,
      username: registryUser,
      password: session.settings.token ?? "",
    },
    { tool: prepared.image.tool, limit: uploadLimit(session.settings) },
  );
  await save(run);
}
