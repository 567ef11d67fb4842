import type { DeploymentRecord, DeployRecord } from "../state/records";
import { apply, revertDesired } from "./effects";

/** What there is to settle, by id and in the order of creation. */
export interface Records {
  readonly deployments: ReadonlyMap<string, DeploymentRecord>;
  readonly deploys: ReadonlyMap<string, DeployRecord>;
}

/**
 * INITIALIZED → DEPLOYED or FAILED. Nothing runs in the background: each look at a record first
 * lets happen, in their order, the ends that the clock says have come.
 *
 * @param now - Epoch milliseconds.
 * @param expiryMs - After how long a deploy that was never finalized fails; never, if undefined.
 */
export function settle(records: Records, now: number, expiryMs: number | undefined): void {
  const deploys = [...records.deploys.values()];
  if (expiryMs !== undefined) expire(deploys, now, expiryMs);
  const due = deploys
    .filter(
      (deploy) =>
        deploy.status === "INITIALIZED" && (deploy.internal.outcome?.at ?? Infinity) <= now,
    )
    .sort((a, b) => (a.internal.outcome?.at ?? 0) - (b.internal.outcome?.at ?? 0));
  for (const deploy of due) end(records, deploy);
  for (const deploy of deploys) {
    if ((deploy.internal.rollsOutAt ?? Infinity) <= now) rollOut(records, deploy);
  }
}

/** Whether a deploy was finalized and has not ended. */
export function isProcessing(deploy: DeployRecord): boolean {
  return deploy.status === "INITIALIZED" && deploy.internal.finalizedAt !== undefined;
}

function expire(deploys: readonly DeployRecord[], now: number, expiryMs: number): void {
  for (const deploy of deploys) {
    const at = Date.parse(deploy.createdAt) + expiryMs;
    const { finalizedAt, outcome } = deploy.internal;
    if (deploy.status === "INITIALIZED" && finalizedAt === undefined && !outcome && at <= now) {
      deploy.internal.outcome = { status: "FAILED", reason: "The deploy was never finalized.", at };
    }
  }
}

/** Ends a deploy. What it deployed may still have to be rolled out. */
function end(records: Records, deploy: DeployRecord): void {
  const { outcome } = deploy.internal;
  const deployment = records.deployments.get(deploy.deploymentId);
  if (!outcome || !deployment) return;
  deploy.status = outcome.status;
  deploy.updatedAt = new Date(outcome.at).toISOString();
  deploy.statusReason = outcome.reason;
  deployment.updatedAt = deploy.updatedAt;
  deployment.updatedBy = deploy.createdBySubject;
  const { rolloutMs = 0 } = outcome;
  if (outcome.status === "DEPLOYED" && rolloutMs > 0) {
    deployment.status = "DEPLOYING";
    deploy.internal.rollsOutAt = outcome.at + rolloutMs;
  } else if (outcome.status === "DEPLOYED") {
    rollOut(records, deploy);
  } else {
    revertDesired(deploy, deployment);
    settleHealth(records, deployment);
  }
}

/** The Deployment runs what the deploy brought. */
function rollOut(records: Records, deploy: DeployRecord): void {
  const deployment = records.deployments.get(deploy.deploymentId);
  if (!deployment) return;
  delete deploy.internal.rollsOutAt;
  apply(deploy, deployment);
  const { unhealthy } = deploy.internal.outcome ?? {};
  if (unhealthy !== undefined) {
    deployment.status = "UNHEALTHY";
    deployment.statusReason = unhealthy;
  }
  settleHealth(records, deployment);
}

/** A Deployment whose last deploy is through is healthy, unless a test says otherwise. */
function settleHealth({ deploys }: Records, deployment: DeploymentRecord): void {
  const isBusy = [...deploys.values()].some(
    (other) =>
      other.deploymentId === deployment.id &&
      (isProcessing(other) || other.internal.rollsOutAt !== undefined),
  );
  if (deployment.status === "DEPLOYING" && !isBusy) deployment.status = "HEALTHY";
}
