import { initialize, takeOn } from "../deploying";
import type { DeployRecord } from "../records";
import { ApiError, json } from "../reply";
import { parseDescribe } from "../requests";
import { deployView } from "../views";
import type { World } from "../world";
import { checkDeploymentTakes } from "./acceptance";
import { deploymentOfPath, deployOfPath, type Handler } from "./call";

/** Deploys older than this many months can be rolled back to only if they are the newest. */
const monthsKept = 3;

/** A new deploy that brings back what the Deployment ran after an earlier one. */
export const rollbackDeploy: Handler = async (call) => {
  const deployment = deploymentOfPath(call, "deploy");
  const target = deployOfPath(call, deployment);
  const { world, token } = call;
  const { description } = parseDescribe(call.body);
  const { leaves } = target.internal;
  if (target.status !== "DEPLOYED" || !leaves) {
    throw new ApiError(400, `Invalid request: deploy ${target.id} was not deployed`);
  }
  if (isTooOld(world, target)) {
    throw new ApiError(400, `Invalid request: deploy ${target.id} is older than three months`);
  }
  checkDeploymentTakes(world, deployment, token);
  const { type, bundleType, bundleMountPath } = target;
  const deploy = initialize(
    world,
    deployment,
    { type, bundleType, bundleMountPath, description, rollbackFromId: target.id },
    token.subject,
  );
  deploy.imageTag = leaves.imageTag;
  deploy.isDagDeployEnabled = leaves.isDagDeployEnabled;
  deploy.astroRuntimeVersion = leaves.astroRuntimeVersion;
  if (leaves.dagTarballVersion !== undefined) deploy.dagTarballVersion = leaves.dagTarballVersion;
  deploy.internal.leaves = leaves;
  await takeOn(world, deployment, deploy);
  world.deploy(deploy.id);
  await world.save();
  return json(200, deployView(call, deployment, deploy));
};

function isTooOld(world: World, target: DeployRecord): boolean {
  const newest = world
    .deploys(target.deploymentId)
    .findLast((deploy) => deploy.status === "DEPLOYED");
  if (newest === target) return false;
  const limit = new Date(world.clock.now());
  limit.setUTCMonth(limit.getUTCMonth() - monthsKept);
  return Date.parse(target.createdAt) < limit.getTime();
}
