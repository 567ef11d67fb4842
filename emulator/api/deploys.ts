import { createHash } from "node:crypto";
import { addDeploy } from "../deploy/newDeploy";
import { isProcessing } from "../deploy/stateMachine";
import { json } from "../http";
import type { Behaviour } from "../options";
import type { DeploymentRecord, DeployRecord, DeployType } from "../state/records";
import type { Call, Handler } from "./call";
import { ApiError, invalid } from "./errors";
import { createBody, deploysPage, descriptionBody, parse } from "./validation";
import { deployView } from "./views";

/** Sorts by these, smallest first; the service documents no order. */
const sortKeys: Record<Behaviour["listOrder"], (deploy: DeployRecord) => number> = {
  newestFirst: ({ internal }) => -internal.sequence,
  oldestFirst: ({ internal }) => internal.sequence,
  scattered: ({ id }) => createHash("md5").update(id).digest().readUInt32BE(),
};

export const listDeploys: Handler = (call) => {
  const { state, deployment, query } = call;
  const { offset, limit } = parse(deploysPage, {
    offset: query.get("offset"),
    limit: query.get("limit"),
  });
  const key = sortKeys[state.settings.behaviour.listOrder];
  const deploys = state.deploys(deployment.id).sort((a, b) => key(a) - key(b));
  const page = deploys.slice(offset, offset + limit);
  return json(200, {
    deploys: page.map((deploy) => deployView(call, deploy)),
    limit,
    offset,
    totalCount: deploys.length,
  });
};

export const createDeploy: Handler = async (call) => {
  const { state, deployment, token } = call;
  const body = parse(createBody[call.apiVersion], call.body);
  assertAcceptsDeploys(call);
  assertAcceptsType(deployment, body.type);
  const deploy = addDeploy(state, deployment, body, token.subject);
  await state.save();
  return json(200, deployView(call, deploy, true));
};

export const getDeploy: Handler = (call) => json(200, deployView(call, call.deploy));

/** The description is all that can be changed. */
export const updateDeploy: Handler = async (call) => {
  const { state, deploy, token } = call;
  const { description } = parse(descriptionBody, call.body);
  if (description !== undefined) deploy.description = description;
  deploy.updatedAt = state.clock.iso();
  deploy.updatedBySubject = token.subject;
  await state.save();
  return json(200, deployView(call, deploy));
};

/** Refuses a deploy if the Deployment takes none at all, or not now. */
export function assertAcceptsDeploys({ state, deployment, token }: Call): void {
  const { behaviour } = state.settings;
  if (deployment.isCicdEnforced && token.kind === "user") {
    throw new ApiError(
      403,
      "The Deployment enforces CI/CD deploys: only an API token may deploy to it",
    );
  }
  if (deployment.status === "HIBERNATING" && behaviour.hibernating === "refuse") {
    throw new ApiError(400, "Invalid request: the Deployment is hibernating");
  }
  if (deployment.status === "CREATING" && behaviour.creating === "refuse") {
    throw new ApiError(400, "Invalid request: the Deployment is being created");
  }
  const isBusy = state.deploys(deployment.id).some(isProcessing);
  if (behaviour.concurrentDeploys === "refuse" && isBusy) {
    throw new ApiError(400, "Invalid request: another deploy to the Deployment is in progress");
  }
}

/**
 * With DAG deploys off, the DAGs are part of the image, and a deploy is image and DAGs together.
 * Under remote execution the DAGs are the user's own affair, and the image comes alone.
 */
function assertAcceptsType(deployment: DeploymentRecord, type: DeployType): void {
  const isRemoteImage = type === "IMAGE_ONLY" && deployment.remoteExecution?.enabled === true;
  if (deployment.isDagDeployEnabled || type === "IMAGE_AND_DAG" || isRemoteImage) return;
  throw invalid(
    "type",
    "invalid",
    "must be IMAGE_AND_DAG because DAG deploys are not enabled on the Deployment",
  );
}
