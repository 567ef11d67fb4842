import { uploadPath } from "../blob/uploadUrl";
import { shipsDags } from "../deploy/effects";
import { startProcessing } from "../deploy/processing";
import { json } from "../http";
import type { DeployRecord } from "../state/records";
import type { Call, Handler } from "./call";
import { ApiError, invalid } from "./errors";
import { finalizeBody, parse, type FinalizeBody } from "./validation";
import { deployView } from "./views";

export const finalizeDeploy: Handler = async (call) => {
  const { state, deployment, deploy, token } = call;
  const body = parse(finalizeBody, call.body);
  const isRepeat = deploy.internal.finalizedAt !== undefined;
  if (isRepeat && state.settings.behaviour.finalizeTwice === "accept") {
    return json(200, deployView(call, deploy));
  }
  if (isRepeat || deploy.status !== "INITIALIZED") {
    throw new ApiError(400, `Invalid request: deploy ${deploy.id} is finalized or has ended`);
  }
  assertVersions(call, deploy, body);
  assertUploaded(call, deploy, body);
  if (deploy.type === "BUNDLE") deploy.bundleTarballVersion = body.bundleTarballVersion;
  deploy.dagTarballVersion = shipsDags(deploy)
    ? body.dagTarballVersion
    : deployment.dagTarballVersion;
  deploy.updatedBySubject = token.subject;
  await startProcessing(state, deployment, deploy);
  await state.save();
  return json(200, deployView(call, deploy));
};

/** Each type needs its version; what a type does not need is ignored, as the service does. */
function assertVersions({ state, deployment }: Call, deploy: DeployRecord, body: FinalizeBody) {
  if (!deploy.isDagDeployEnabled) return;
  if (shipsDags(deploy) && !body.dagTarballVersion) {
    const message = `is required if DAG deploys are enabled and type is ${deploy.type}`;
    throw invalid("dagTarballVersion", "required", message);
  }
  if (deploy.type === "BUNDLE" && body.bundleTarballVersion === undefined) {
    const message = "is required if DAG deploys are enabled and type is BUNDLE";
    throw invalid("bundleTarballVersion", "required", message);
  }
  const needsDags = state.settings.behaviour.imageOnlyWithoutDags === "refuse";
  if (deploy.type === "IMAGE_ONLY" && needsDags && deployment.dagTarballVersion === undefined) {
    throw new ApiError(400, "Invalid request: the Deployment has no DAG tarball version yet");
  }
}

function assertUploaded({ state }: Call, deploy: DeployRecord, body: FinalizeBody): void {
  if (state.settings.behaviour.unknownVersion !== "refuse") return;
  const field = shipsDags(deploy) ? "dagTarballVersion" : "bundleTarballVersion";
  const version = shipsDags(deploy) || deploy.type === "BUNDLE" ? body[field] : undefined;
  if (version && state.blobs.version(version)?.path !== uploadPath(deploy)) {
    throw invalid(field, "unknown", "is not the version of an upload");
  }
}
