import type { Deploy } from "../../astro/types";
import type { Session } from "../session";
import { newestDeploys } from "../recovery/history";
import type { DeployInputs } from "../inputs/table";
import { CodedError } from "../../messages";

/**
 * Refuses a rollback to what the Deployment runs already: each rollback is a deploy, and this one
 * would change nothing.
 *
 * @throws Error if nothing has been `DEPLOYED` since the deploy that is to be rolled back to.
 */
export async function assertRollbackNeeded(session: Session, inputs: DeployInputs): Promise<void> {
  const { rollbackTo, deploymentId } = inputs;
  if (rollbackTo === undefined) return;
  const client = session.client();
  const history = await newestDeploys(client, inputs);
  const target = history.find(({ id }) => id === rollbackTo);
  if (target?.status !== "DEPLOYED") return;
  if (history.some((other) => mayHaveEndedAfter(other, target))) return;
  // A rollback brings this setting back as well.
  const { isDagDeployEnabled } = await client.getDeployment(inputs);
  if (isDagDeployEnabled !== target.isDagDeployEnabled) return;
  throw new CodedError(
    "rollback-not-needed",
    `Deployment ${deploymentId} runs the deploy ${rollbackTo} already, the newest that is DEPLOYED, so there is nothing to roll back and nothing was created. Remove rollbackTo, or name an earlier deploy.`,
  );
}

/** The service gives whole seconds, and the deploy that was created first may have ended last. */
function mayHaveEndedAfter(other: Deploy, target: Deploy): boolean {
  return (
    other.id !== target.id &&
    other.status === "DEPLOYED" &&
    (other.updatedAt ?? other.createdAt) >= target.createdAt
  );
}
