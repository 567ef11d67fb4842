import type { Bundle, DeploymentRecord, DeployRecord, Running } from "../state/records";

// What a deploy does to its Deployment: when it is finalized, when it succeeds, when it fails.

export function shipsImage(deploy: DeployRecord): boolean {
  return deploy.type === "IMAGE_AND_DAG" || deploy.type === "IMAGE_ONLY";
}

/** Whether the deploy brings a DAG archive: with DAG deploys off the DAGs are in the image. */
export function shipsDags(deploy: DeployRecord): boolean {
  return (
    deploy.isDagDeployEnabled && (deploy.type === "IMAGE_AND_DAG" || deploy.type === "DAG_ONLY")
  );
}

/** What finalize changes at once: the Deployment says what it is about to run. */
export function setDesired(deploy: DeployRecord, deployment: DeploymentRecord): void {
  if (deploy.rollbackFromId !== undefined) {
    deployment.desiredDagTarballVersion = deploy.internal.snapshot?.dagTarballVersion;
  } else if (shipsDags(deploy)) {
    deployment.desiredDagTarballVersion = deploy.dagTarballVersion;
  }
  const desiredVersion = deploy.bundleTarballVersion;
  if (deploy.type === "BUNDLE" && desiredVersion) {
    const mounted = deployment.bundles.find(
      ({ mountPath }) => mountPath === deploy.bundleMountPath,
    );
    if (mounted) {
      mounted.desiredVersion = desiredVersion;
    } else {
      deployment.bundles.push({ ...bundleOf(deploy), desiredVersion });
    }
  }
  if (shipsImage(deploy) && deployment.status === "HEALTHY") deployment.status = "DEPLOYING";
  deploy.bundles = copyOf(deployment.bundles);
}

/** A failed deploy leaves the Deployment as it was; it no longer wants the new versions. */
export function revertDesired(deploy: DeployRecord, deployment: DeploymentRecord): void {
  if (deployment.desiredDagTarballVersion === deploy.dagTarballVersion) {
    deployment.desiredDagTarballVersion = deployment.dagTarballVersion;
  }
  deployment.bundles = deployment.bundles.filter(
    ({ deployId, currentVersion }) => deployId !== deploy.id || currentVersion !== undefined,
  );
  for (const bundle of deployment.bundles) {
    const isCurrent = bundle.currentVersion !== undefined;
    if (bundle.mountPath === deploy.bundleMountPath && isCurrent) {
      bundle.desiredVersion = bundle.currentVersion;
    }
  }
}

/** The Deployment now runs what the deploy brought. */
export function apply(deploy: DeployRecord, deployment: DeploymentRecord): void {
  const { snapshot } = deploy.internal;
  if (deploy.rollbackFromId !== undefined && snapshot) {
    restore(snapshot, deployment);
  } else {
    if (shipsImage(deploy)) setImage(deployment, deploy.imageTag);
    if (shipsDags(deploy) && deploy.dagTarballVersion !== undefined) {
      setDags(deployment, deploy.dagTarballVersion);
    }
    if (deploy.type === "BUNDLE") mount(deploy, deployment);
  }
  deploy.internal.snapshot = snapshotOf(deployment);
  deploy.bundles = copyOf(deployment.bundles);
}

function restore(snapshot: Running, deployment: DeploymentRecord): void {
  deployment.isDagDeployEnabled = snapshot.isDagDeployEnabled;
  deployment.astroRuntimeVersion = snapshot.astroRuntimeVersion;
  deployment.runtimeVersion = snapshot.astroRuntimeVersion;
  deployment.bundles = copyOf(snapshot.bundles);
  setImage(deployment, snapshot.imageTag);
  setDags(deployment, snapshot.dagTarballVersion);
}

function setImage(deployment: DeploymentRecord, tag: string): void {
  deployment.imageTag = tag;
  deployment.imageVersion = tag;
}

function setDags(deployment: DeploymentRecord, version: string | undefined): void {
  deployment.dagTarballVersion = version;
  deployment.desiredDagTarballVersion = version;
}

function mount(deploy: DeployRecord, deployment: DeploymentRecord): void {
  const version = deploy.bundleTarballVersion;
  deployment.bundles = deployment.bundles.filter(
    ({ mountPath }) => mountPath !== deploy.bundleMountPath,
  );
  if (!version) return;
  deployment.bundles.push({
    ...bundleOf(deploy),
    currentVersion: version,
    desiredVersion: version,
  });
}

function bundleOf({ id, bundleType = "", bundleMountPath = "" }: DeployRecord): Bundle {
  return { bundleType, mountPath: bundleMountPath, deployId: id };
}

/** What a Deployment runs at present, without bundles that are only on their way. */
function snapshotOf(deployment: DeploymentRecord): Running {
  const { isDagDeployEnabled, imageTag, astroRuntimeVersion, dagTarballVersion } = deployment;
  const bundles = deployment.bundles
    .filter(({ currentVersion }) => currentVersion !== undefined)
    .map((bundle) => ({ ...bundle, desiredVersion: bundle.currentVersion }));
  return { isDagDeployEnabled, imageTag, astroRuntimeVersion, dagTarballVersion, bundles };
}

function copyOf(bundles: readonly Bundle[]): Bundle[] {
  return bundles.map((bundle) => ({ ...bundle }));
}
