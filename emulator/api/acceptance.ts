import type { DeploymentRecord, DeployType } from "../records";
import { ApiError } from "../reply";
import { invalid } from "../requests";
import { isUnderWay } from "../stateMachine";
import type { Token } from "../tokens";
import type { World } from "../world";

/** Refuses a deploy that the Deployment does not take at all, or not now. */
export function checkDeploymentTakes(
  world: World,
  deployment: DeploymentRecord,
  token: Token,
): void {
  const { behaviour } = world.settings;
  if (deployment.isCicdEnforced && token.kind === "user") {
    throw new ApiError(
      403,
      "The Deployment enforces CI/CD deploys: only an API token may deploy to it",
    );
  }
  if (deployment.status === "HIBERNATING" && behaviour.hibernating === "refuse") {
    throw new ApiError(400, "Invalid request: the Deployment is hibernating");
  }
  if (behaviour.concurrentDeploys === "refuse" && world.deploys(deployment.id).some(isUnderWay)) {
    throw new ApiError(400, "Invalid request: another deploy to the Deployment is in progress");
  }
}

/**
 * With DAG deploys off, the DAGs are part of the image: only a whole deploy makes sense; or, with
 * remote execution, they are the user's own affair and the image comes alone.
 */
export function checkTypeAllowed(deployment: DeploymentRecord, type: DeployType): void {
  const isAlone = type === "IMAGE_ONLY" && deployment.remoteExecution?.enabled === true;
  if (!deployment.isDagDeployEnabled && type !== "IMAGE_AND_DAG" && !isAlone) {
    throw invalid({
      field: "type",
      code: "invalid",
      message: "must be IMAGE_AND_DAG because DAG deploys are not enabled on the Deployment",
    });
  }
}
