import { addDeploy } from "../deploy/newDeploy";
import { startProcessing } from "../deploy/processing";
import { json } from "../http";
import type { DeployRecord } from "../state/records";
import type { EmulatorState } from "../state/state";
import type { Handler } from "./call";
import { assertAcceptsDeploys } from "./deploys";
import { ApiError } from "./errors";
import { descriptionBody, parse } from "./validation";
import { deployView } from "./views";

/** Deploys older than this many months can be rolled back to only if they are the newest. */
const monthsKept = 3;

/** A new deploy that brings back what the Deployment ran after an earlier one. */
export const rollbackDeploy: Handler = async (call) => {
  const { state, deployment, deploy: target, token } = call;
  const { description } = parse(descriptionBody, call.body);
  const { snapshot } = target.internal;
  if (target.status !== "DEPLOYED" || !snapshot) {
    throw new ApiError(400, `Invalid request: deploy ${target.id} was not deployed`);
  }
  if (isTooOld(state, target)) {
    throw new ApiError(400, `Invalid request: deploy ${target.id} is older than three months`);
  }
  assertAcceptsDeploys(call);
  const { type, bundleType, bundleMountPath } = target;
  const deploy = addDeploy(
    state,
    deployment,
    { type, bundleType, bundleMountPath, description, rollbackFromId: target.id },
    token.subject,
  );
  deploy.imageTag = snapshot.imageTag;
  deploy.isDagDeployEnabled = snapshot.isDagDeployEnabled;
  deploy.astroRuntimeVersion = snapshot.astroRuntimeVersion;
  deploy.dagTarballVersion = snapshot.dagTarballVersion;
  deploy.internal.snapshot = snapshot;
  await startProcessing(state, deployment, deploy);
  await state.save();
  return json(200, deployView(call, deploy));
};

function isTooOld(state: EmulatorState, target: DeployRecord): boolean {
  const newest = state
    .deploys(target.deploymentId)
    .findLast((deploy) => deploy.status === "DEPLOYED");
  if (newest === target) return false;
  const limit = new Date(state.clock.now());
  limit.setUTCMonth(limit.getUTCMonth() - monthsKept);
  return Date.parse(target.createdAt) < limit.getTime();
}
