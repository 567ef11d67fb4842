import { shipsImage } from "../deploy/effects";
import type { DeploymentRecord, DeployRecord } from "../state/records";
import type { EmulatorState } from "../state/state";

/** The version of what a deploy ships, or brings back. */
export function shippedVersion(deploy: DeployRecord): string | undefined {
  return deploy.type === "BUNDLE" ? deploy.bundleTarballVersion : deploy.dagTarballVersion;
}

/** What is known of the Deployments and their deploys, newest first. It holds no secret. */
export function overview(state: EmulatorState) {
  return {
    url: state.url,
    organizationId: state.organizationId,
    deployments: state.deployments().map((deployment) => deploymentOverview(state, deployment)),
  };
}

export function deploymentOverview(state: EmulatorState, deployment: DeploymentRecord) {
  const { internal, ...shown } = deployment;
  const deploys = state.deploys(deployment.id).reverse();
  return { ...shown, deploys: deploys.map((deploy) => deployOverview(state, deployment, deploy)) };
}

export function deployOverview(
  state: EmulatorState,
  deployment: DeploymentRecord,
  deploy: DeployRecord,
) {
  const { internal, ...shown } = deploy;
  const version = shippedVersion(deploy);
  return {
    ...shown,
    isFinalized: internal.finalizedAt !== undefined,
    /** What it uploaded, in bytes. */
    bytes: version === undefined ? undefined : state.blobs.version(version)?.bytes,
    runs: runsNow(deployment, deploy),
  };
}

/** Which parts of what a deploy brought the Deployment runs now. */
function runsNow(deployment: DeploymentRecord, deploy: DeployRecord): string[] {
  if (deploy.status !== "DEPLOYED") return [];
  const { dagTarballVersion, imageTag, bundles } = deployment;
  const hasDags = deploy.type !== "BUNDLE" && deploy.dagTarballVersion !== undefined;
  const mounted = bundles.find(({ mountPath }) => mountPath === deploy.bundleMountPath);
  return [
    ...(hasDags && deploy.dagTarballVersion === dagTarballVersion ? ["DAGs"] : []),
    ...(shipsImage(deploy) && deploy.imageTag === imageTag ? ["image"] : []),
    ...(deploy.type === "BUNDLE" && mounted?.deployId === deploy.id ? ["bundle"] : []),
  ];
}
