import type { Bundle, DeploymentRecord, DeployRecord, Running } from "./records";

// What a deploy does to its Deployment: when it is finalized, when it succeeds, when it fails.

/** What a Deployment runs at present. */
export function runningOf(deployment: DeploymentRecord): Running {
  return {
    isDagDeployEnabled: deployment.isDagDeployEnabled,
    imageTag: deployment.imageTag,
    astroRuntimeVersion: deployment.astroRuntimeVersion,
    ...(deployment.dagTarballVersion === undefined
      ? {}
      : { dagTarballVersion: deployment.dagTarballVersion }),
    bundles: mounted(deployment.bundles),
  };
}

/** The bundles that are there, without those that are only on their way. */
function mounted(bundles: readonly Bundle[]): Bundle[] {
  return bundles.flatMap((bundle) =>
    bundle.currentVersion === undefined
      ? []
      : [{ ...bundle, desiredVersion: bundle.currentVersion }],
  );
}

/** The Deployment now runs what the deploy brought. */
export function apply(deploy: DeployRecord, deployment: DeploymentRecord): void {
  const isRollback = deploy.rollbackFromId !== undefined;
  const { leaves } = deploy.internal;
  if (isRollback && leaves) {
    deployment.isDagDeployEnabled = leaves.isDagDeployEnabled;
    deployment.astroRuntimeVersion = leaves.astroRuntimeVersion;
    deployment.runtimeVersion = leaves.astroRuntimeVersion;
    deployment.imageTag = leaves.imageTag;
    deployment.imageVersion = leaves.imageTag;
    deployment.bundles = leaves.bundles.map((bundle) => ({ ...bundle }));
    setDags(deployment, leaves.dagTarballVersion);
  } else {
    if (shipsImage(deploy)) {
      deployment.imageTag = deploy.imageTag;
      deployment.imageVersion = deploy.imageTag;
    }
    if (shipsDags(deploy) && deploy.dagTarballVersion !== undefined) {
      setDags(deployment, deploy.dagTarballVersion);
    }
    if (deploy.type === "BUNDLE") mount(deploy, deployment);
  }
  deploy.internal.leaves = runningOf(deployment);
  deploy.bundles = deployment.bundles.map((bundle) => ({ ...bundle }));
}

function mount(deploy: DeployRecord, deployment: DeploymentRecord): void {
  const others = deployment.bundles.filter(({ mountPath }) => mountPath !== deploy.bundleMountPath);
  const version = deploy.bundleTarballVersion;
  deployment.bundles = version
    ? [
        ...others,
        {
          bundleType: deploy.bundleType ?? "",
          mountPath: deploy.bundleMountPath ?? "",
          deployId: deploy.id,
          currentVersion: version,
          desiredVersion: version,
        },
      ]
    : others;
}

/** A failed deploy leaves the Deployment as it was; it no longer wants the new versions. */
export function withdraw(deploy: DeployRecord, deployment: DeploymentRecord): void {
  if (deployment.desiredDagTarballVersion === deploy.dagTarballVersion) {
    setDesired(deployment, deployment.dagTarballVersion);
  }
  deployment.bundles = deployment.bundles
    .filter(
      ({ deployId, currentVersion }) => deployId !== deploy.id || currentVersion !== undefined,
    )
    .map((bundle) =>
      bundle.mountPath === deploy.bundleMountPath && bundle.currentVersion !== undefined
        ? { ...bundle, desiredVersion: bundle.currentVersion }
        : bundle,
    );
}

function setDags(deployment: DeploymentRecord, version: string | undefined): void {
  if (version === undefined) {
    delete deployment.dagTarballVersion;
  } else {
    deployment.dagTarballVersion = version;
  }
  setDesired(deployment, version);
}

function setDesired(deployment: DeploymentRecord, version: string | undefined): void {
  if (version === undefined) {
    delete deployment.desiredDagTarballVersion;
  } else {
    deployment.desiredDagTarballVersion = version;
  }
}

/** What finalize changes at once: the Deployment says what it is about to run. */
export function announce(deploy: DeployRecord, deployment: DeploymentRecord): void {
  if (deploy.rollbackFromId !== undefined) {
    setDesired(deployment, deploy.internal.leaves?.dagTarballVersion);
  } else if (shipsDags(deploy)) {
    setDesired(deployment, deploy.dagTarballVersion);
  }
  if (deploy.type === "BUNDLE" && deploy.bundleTarballVersion) {
    const desiredVersion = deploy.bundleTarballVersion;
    const present = deployment.bundles.find(
      ({ mountPath }) => mountPath === deploy.bundleMountPath,
    );
    if (present) {
      present.desiredVersion = desiredVersion;
    } else {
      deployment.bundles.push({
        bundleType: deploy.bundleType ?? "",
        mountPath: deploy.bundleMountPath ?? "",
        deployId: deploy.id,
        desiredVersion,
      });
    }
  }
  if (shipsImage(deploy) && deployment.status === "HEALTHY") deployment.status = "DEPLOYING";
  deploy.bundles = deployment.bundles.map((bundle) => ({ ...bundle }));
}

export function shipsImage(deploy: DeployRecord): boolean {
  return deploy.type === "IMAGE_AND_DAG" || deploy.type === "IMAGE_ONLY";
}

/** Whether the deploy brings a DAG archive: with DAG deploys off the DAGs are in the image. */
export function shipsDags(deploy: DeployRecord): boolean {
  return (
    deploy.isDagDeployEnabled && (deploy.type === "IMAGE_AND_DAG" || deploy.type === "DAG_ONLY")
  );
}
