import type { DeployRef } from "../../astro/client";
import { AstroError } from "../../astro/error";
import type { FinalizeDeployRequest } from "../../astro/requests";
import { backoffMs } from "../../http/retry";
import type { DeployRecord } from "../outputs";
import type { Session } from "../session";
import { pause } from "../../system/pause";

/** How often a finalize is sent whose answers get lost. */
const attempts = 3;

/**
 * Finalizes the deploy. Whether the service takes a second finalize of the same deploy is not
 * documented, so after an answer that was lost it is asked first whether the first one arrived.
 *
 * @param record - With `progress.finalize` as `sent` if an earlier run has sent one.
 * @param versions - What the store gave for what was uploaded.
 * @param save - Called before each request, so that a run that is interrupted in it is known.
 * @returns what a repeat was refused with if only the deploy's end can tell whether the first one
 *   was processed; `progress.finalize` stays `sent` then.
 */
export async function finalize(
  session: Session,
  ref: DeployRef,
  record: DeployRecord,
  versions: FinalizeDeployRequest,
  save: () => Promise<void>,
): Promise<AstroError | undefined> {
  const { progress } = record;
  const client = session.client();
  for (let attempt = 1; ; attempt++) {
    const isRepeat = progress.finalize === "sent";
    if (isRepeat) {
      record.deploy = await client.getDeploy(ref);
      if (isFinalized(record)) break;
    }
    progress.finalize = "sent";
    await save();
    try {
      record.deploy = await client.finalizeDeploy(ref, versions);
      break;
    } catch (error) {
      if (!(error instanceof AstroError)) throw error;
      if (isRepeat && saysTaken(error)) {
        record.deploy = await client.getDeploy(ref);
        if (isFinalized(record)) break;
        // Of DAGs the deploy itself says which version it was finalized with.
        if (progress.dagTarballVersion === undefined) return error;
      }
      if (!isRepeat && error.outcome !== "unknown") delete progress.finalize;
      if (error.outcome !== "unknown" || attempt === attempts) throw error;
      await pause(backoffMs(attempt, error.retryAfterMs), session.signal);
    }
  }
  progress.finalize = "done";
  return undefined;
}

/**
 * Whether a repeated finalize was refused as one is that comes a second time, or may be: the service
 * has no status of its own for that.
 */
function saysTaken(error: AstroError): boolean {
  return error.status === 400 || error.status === 409;
}

/** Whether it is certain that the service has taken a finalize of the deploy. */
export function isFinalized({ deploy, progress }: DeployRecord): boolean {
  const { finalize: step, dagTarballVersion } = progress;
  return (
    step === "done" ||
    deploy.status !== "INITIALIZED" ||
    (dagTarballVersion !== undefined && deploy.dagTarballVersion === dagTarballVersion)
  );
}
