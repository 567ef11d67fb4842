import type { Settings } from "../options";
import type { DeploymentRecord, HibernationOverride } from "../state/records";

// What becomes of a Deployment by the clock: it is created, it wakes up, its override ends.

/** Lets happen what is due. */
export function settleDeployment(
  deployment: DeploymentRecord,
  now: number,
  settings: Settings,
): void {
  const { createdAt, internal } = deployment;
  const isCreated = Date.parse(createdAt) + settings.creatingMs <= now;
  if (deployment.status === "CREATING" && isCreated) deployment.status = "HEALTHY";
  if ((internal.awakeAt ?? Infinity) <= now) {
    delete internal.awakeAt;
    deployment.status = "HEALTHY";
  }
  const override = activeOverride(deployment);
  if (override?.overrideUntil !== undefined && Date.parse(override.overrideUntil) <= now) {
    override.isActive = false;
    setHibernating(deployment, internal.hibernatesOtherwise ?? false, now, settings);
  }
}

export function setOverride(
  deployment: DeploymentRecord,
  override: HibernationOverride,
  now: number,
  settings: Settings,
): void {
  if (!activeOverride(deployment)) {
    deployment.internal.hibernatesOtherwise = deployment.status === "HIBERNATING";
  }
  deployment.scalingSpec = { hibernationSpec: { override } };
  setHibernating(deployment, override.isHibernating, now, settings);
}

export function endOverride(deployment: DeploymentRecord, now: number, settings: Settings): void {
  const wasActive = activeOverride(deployment) !== undefined;
  delete deployment.scalingSpec?.hibernationSpec.override;
  if (!wasActive) return;
  setHibernating(deployment, deployment.internal.hibernatesOtherwise ?? false, now, settings);
}

function activeOverride({ scalingSpec }: DeploymentRecord): HibernationOverride | undefined {
  const override = scalingSpec?.hibernationSpec.override;
  return override?.isActive ? override : undefined;
}

function setHibernating(
  deployment: DeploymentRecord,
  isHibernating: boolean,
  now: number,
  { wakingMs }: Settings,
): void {
  const { internal } = deployment;
  delete internal.awakeAt;
  if (isHibernating) deployment.status = "HIBERNATING";
  else if (deployment.status === "HIBERNATING") internal.awakeAt = now + wakingMs;
}
