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
  { internal, ...deploy }: DeployRecord,
) {
  const version = shippedVersion({ internal, ...deploy });
  return {
    ...deploy,
    isFinalized: internal.finalizedAt !== undefined,
    /** What it uploaded, in bytes. */
    bytes: version === undefined ? undefined : state.blobs.version(version)?.bytes,
    runs: runsNow(deployment, deploy),
  };
}

/** Which parts of what a deploy brought the Deployment runs now. */
function runsNow(deployment: DeploymentRecord, deploy: Omit<DeployRecord, "internal">): string[] {
  if (deploy.status !== "DEPLOYED") return [];
  const { dagTarballVersion, imageTag, bundles } = deployment;
  const hasDags = deploy.type !== "BUNDLE" && deploy.dagTarballVersion !== undefined;
  const hasImage = deploy.type === "IMAGE_AND_DAG" || deploy.type === "IMAGE_ONLY";
  const mounted = bundles.find(({ mountPath }) => mountPath === deploy.bundleMountPath);
  return [
    ...(hasDags && deploy.dagTarballVersion === dagTarballVersion ? ["DAGs"] : []),
    ...(hasImage && deploy.imageTag === imageTag ? ["image"] : []),
    ...(deploy.type === "BUNDLE" && mounted?.deployId === deploy.id ? ["bundle"] : []),
  ];
}
