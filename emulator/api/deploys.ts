import { createHash } from "node:crypto";
import { initialize } from "../deploying";
import type { Behaviour } from "../options";
import type { DeployRecord } from "../records";
import { json } from "../reply";
import { parseCreate, parseDescribe, parseDeploysPage } from "../requests";
import { deployView } from "../views";
import { checkDeploymentTakes, checkTypeAllowed } from "./acceptance";
import { deploymentOfPath, deployOfPath, type Handler } from "./call";

/** Sorts by these, smallest first; the service documents no order. */
const sortKeys: Record<Behaviour["listOrder"], (deploy: DeployRecord) => number> = {
  newestFirst: ({ internal }) => -internal.sequence,
  oldestFirst: ({ internal }) => internal.sequence,
  scattered: ({ id }) => createHash("md5").update(id).digest().readUInt32BE(),
};

export const listDeploys: Handler = (call) => {
  const deployment = deploymentOfPath(call, "read");
  const { world } = call;
  const { offset, limit } = parseDeploysPage(call.query);
  const key = sortKeys[world.settings.behaviour.listOrder];
  const deploys = world.deploys(deployment.id).sort((a, b) => key(a) - key(b));
  return json(200, {
    deploys: deploys
      .slice(offset, offset + limit)
      .map((deploy) => deployView(call, deployment, deploy)),
    limit,
    offset,
    totalCount: deploys.length,
  });
};

export const createDeploy: Handler = async (call) => {
  const deployment = deploymentOfPath(call, "deploy");
  const { world, token } = call;
  const body = parseCreate(call.apiVersion, call.body);
  checkDeploymentTakes(world, deployment, token);
  checkTypeAllowed(deployment, body.type);
  const deploy = initialize(world, deployment, body, token.subject);
  await world.save();
  return json(200, deployView(call, deployment, deploy, true));
};

export const getDeploy: Handler = (call) => {
  const deployment = deploymentOfPath(call, "read");
  return json(200, deployView(call, deployment, deployOfPath(call, deployment)));
};

/** The description is all that can be changed. */
export const updateDeploy: Handler = async (call) => {
  const deployment = deploymentOfPath(call, "deploy");
  const deploy = deployOfPath(call, deployment);
  const { description } = parseDescribe(call.body);
  if (description !== undefined) deploy.description = description;
  deploy.updatedAt = call.world.clock.iso();
  deploy.updatedBySubject = call.token.subject;
  await call.world.save();
  return json(200, deployView(call, deployment, deploy));
};
