import type { DeployRef } from "../../astro/client";
import type { Deployment } from "../../astro/responses";
import type { Bundle } from "../../astro/types";
import type { DeployRecord } from "../outputs";
import type { Session } from "../session";
import { withReason } from "../text";
import { poll, type WaitLimit } from "./poll";
import { CodedError } from "../../messages";

/** What is read to find out whether a Deployment is healthy with what was deployed. */
interface Reading {
  deployment: Deployment;
  bundles: readonly Bundle[];
}

/**
 * Waits until the Deployment runs what was deployed and is `HEALTHY`. Without the former it could be
 * healthy from before.
 *
 * `UNHEALTHY` counts only then, too, since it may be what this deploy is to mend, and only if it
 * lasts for a tenth of the time limit, since Astro may be about to look again, and the pods to start.
 *
 * @throws Error if it hibernates, stays `UNHEALTHY`, or is not `HEALTHY` in time.
 */
export async function waitForHealth(
  session: Session,
  ref: DeployRef,
  record: DeployRecord,
  limit: WaitLimit,
): Promise<void> {
  const client = session.client();
  const shipsBundle = record.progress.bundleTarballVersion !== undefined;
  const read = async (end: number): Promise<Reading> => {
    const deployment = await client.getDeployment(ref, end);
    // Only deploys say which bundles there are.
    const { bundles = [] } = shipsBundle ? await client.getDeploy(ref, end) : {};
    return { deployment, bundles };
  };
  const graceMs = session.settings.deployTimeoutMs / 10;
  let unhealthySince: number | undefined;
  await poll(session, await read(limit.deadline), {
    limit,
    read,
    isOver: (reading) => {
      const { status, statusReason } = reading.deployment;
      if (status === "HIBERNATING") {
        throw new CodedError(
          "hibernating",
          "it hibernates, and is not HEALTHY until it is woken up: set wakeUp to true",
        );
      }
      const runsIt = runsDeploy(record, reading);
      unhealthySince =
        runsIt && status === "UNHEALTHY" ? (unhealthySince ?? Date.now()) : undefined;
      if (unhealthySince !== undefined && Date.now() - unhealthySince > graceMs) {
        throw new CodedError("unhealthy", `it is UNHEALTHY${withReason(statusReason)}`);
      }
      return runsIt && status === "HEALTHY";
    },
    describe: (reading) => {
      const { status, statusReason } = reading.deployment;
      const what = `${status}${withReason(statusReason)}`;
      return runsDeploy(record, reading)
        ? `it was still ${what}`
        : `it did not run the deploy yet and was ${what}`;
    },
  });
}

/** Whether a Deployment runs what a deploy shipped, or all that is known of what it rolled back to. */
function runsDeploy({ deploy, progress }: DeployRecord, { deployment, bundles }: Reading): boolean {
  const isRollback = deploy.rollbackFromId !== undefined;
  const dags = isRollback ? deploy.dagTarballVersion : progress.dagTarballVersion;
  const bundle = bundles.find(({ mountPath }) => mountPath === deploy.bundleMountPath);
  return (
    (dags === undefined || deployment.dagTarballVersion === dags) &&
    (progress.bundleTarballVersion === undefined ||
      bundle?.currentVersion === progress.bundleTarballVersion) &&
    (progress.imageDigest === undefined || deployment.imageTag === deploy.imageTag)
  );
}
