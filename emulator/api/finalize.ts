import { takeOn, uploadPathOf } from "../deploying";
import { shipsDags } from "../effects";
import type { DeploymentRecord, DeployRecord } from "../records";
import { ApiError, json } from "../reply";
import { invalid, parseFinalize, type FinalizeBody } from "../requests";
import { deployView } from "../views";
import type { World } from "../world";
import { deploymentOfPath, deployOfPath, type Handler } from "./call";

export const finalizeDeploy: Handler = async (call) => {
  const deployment = deploymentOfPath(call, "deploy");
  const deploy = deployOfPath(call, deployment);
  const { world } = call;
  const body = parseFinalize(call.body);
  if (deploy.internal.finalizedAt !== undefined || deploy.status !== "INITIALIZED") {
    const isRepeat = deploy.internal.finalizedAt !== undefined;
    if (isRepeat && world.settings.behaviour.finalizeTwice === "accept") {
      return json(200, deployView(call, deployment, deploy));
    }
    throw new ApiError(400, `Invalid request: deploy ${deploy.id} is finalized or has ended`);
  }
  checkVersions(world, deployment, deploy, body);
  checkKnown(world, deploy, body);
  takeVersions(deployment, deploy, body);
  deploy.updatedBySubject = call.token.subject;
  await takeOn(world, deployment, deploy);
  // The deploy may have ended already, where processing takes no time.
  world.deploy(deploy.id);
  await world.save();
  return json(200, deployView(call, deployment, deploy));
};

/** Each type needs its version; what a type does not need is ignored, as the service does. */
function checkVersions(
  world: World,
  deployment: DeploymentRecord,
  deploy: DeployRecord,
  body: FinalizeBody,
): void {
  if (!deploy.isDagDeployEnabled) return;
  if (shipsDags(deploy) && !body.dagTarballVersion) {
    throw invalid({
      field: "dagTarballVersion",
      code: "required",
      message: `is required if DAG deploys are enabled and type is ${deploy.type}`,
    });
  }
  if (deploy.type === "BUNDLE" && body.bundleTarballVersion === undefined) {
    throw invalid({
      field: "bundleTarballVersion",
      code: "required",
      message: "is required if DAG deploys are enabled and type is BUNDLE",
    });
  }
  const wantsDags = world.settings.behaviour.imageOnlyWithoutDags === "refuse";
  if (deploy.type === "IMAGE_ONLY" && wantsDags && deployment.dagTarballVersion === undefined) {
    throw new ApiError(400, "Invalid request: the Deployment has no DAG tarball version yet");
  }
}

function checkKnown(world: World, deploy: DeployRecord, body: FinalizeBody): void {
  if (world.settings.behaviour.unknownVersion !== "refuse") return;
  const field = shipsDags(deploy) ? "dagTarballVersion" : "bundleTarballVersion";
  const version = shipsDags(deploy) || deploy.type === "BUNDLE" ? body[field] : undefined;
  if (version && world.blobs.version(version)?.path !== uploadPathOf(world, deploy)) {
    throw invalid({ field, code: "unknown", message: "is not the version of an upload" });
  }
}

function takeVersions(
  deployment: DeploymentRecord,
  deploy: DeployRecord,
  body: FinalizeBody,
): void {
  if (deploy.type === "BUNDLE" && body.bundleTarballVersion !== undefined) {
    deploy.bundleTarballVersion = body.bundleTarballVersion;
  }
  const version = shipsDags(deploy) ? body.dagTarballVersion : deployment.dagTarballVersion;
  if (version !== undefined) deploy.dagTarballVersion = version;
}
