import { apply, withdraw } from "./effects";
import type { DeployRecord } from "./records";
import type { World } from "./world";

/**
 * INITIALIZED → DEPLOYED or FAILED. Nothing runs in the background: each look at a record first
 * lets happen, in their order, the ends that the clock says have come.
 */
export function settle(world: World): void {
  const now = world.clock.now();
  expire(world, now);
  const due = world
    .allDeploys()
    .filter(
      (deploy) =>
        deploy.status === "INITIALIZED" && (deploy.internal.outcome?.at ?? Infinity) <= now,
    )
    .sort((a, b) => (a.internal.outcome?.at ?? 0) - (b.internal.outcome?.at ?? 0));
  for (const deploy of due) end(world, deploy);
}

/** Deploys that were finalized and have not ended. */
export function underWay(world: World, deploymentId: string): DeployRecord[] {
  return world
    .allDeploys()
    .filter(
      (deploy) =>
        deploy.deploymentId === deploymentId &&
        deploy.status === "INITIALIZED" &&
        deploy.internal.finalizedAt !== undefined,
    );
}

function expire(world: World, now: number): void {
  const { initializedExpiryMs } = world.settings.behaviour;
  if (initializedExpiryMs === undefined) return;
  for (const deploy of world.allDeploys()) {
    const at = Date.parse(deploy.createdAt) + initializedExpiryMs;
    const { finalizedAt, outcome } = deploy.internal;
    if (deploy.status === "INITIALIZED" && finalizedAt === undefined && !outcome && at <= now) {
      deploy.internal.outcome = { status: "FAILED", reason: "The deploy was never finalized.", at };
    }
  }
}

function end(world: World, deploy: DeployRecord): void {
  const { outcome } = deploy.internal;
  const deployment = world.allDeployments().find(({ id }) => id === deploy.deploymentId);
  if (!outcome || !deployment) return;
  deploy.status = outcome.status;
  deploy.updatedAt = new Date(outcome.at).toISOString();
  if (outcome.reason !== undefined) deploy.statusReason = outcome.reason;
  if (outcome.status === "DEPLOYED") {
    apply(deploy, deployment);
  } else {
    withdraw(deploy, deployment);
  }
  deployment.updatedAt = deploy.updatedAt;
  deployment.updatedBy = deploy.createdBySubject;
  if (deployment.status === "DEPLOYING" && underWay(world, deployment.id).length === 0) {
    deployment.status = "HEALTHY";
  }
}
