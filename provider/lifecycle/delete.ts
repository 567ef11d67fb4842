import { removeBundle } from "./deploy/removeBundle";
import type { DeployOutputs } from "./outputs";
import { removeEntriesOf } from "./recovery/journal";
import type { Session } from "./session";

/**
 * Forgets the deploy. The service keeps every deploy in the Deployment's history and has no delete;
 * what was deployed keeps running. Only a bundle can be removed, if the program asked for that.
 *
 * @throws Error if the bundle could not be removed.
 */
export async function remove(session: Session, id: string, props: DeployOutputs): Promise<void> {
  if (props.removeBundleOnDelete) await removeBundle(session, id, props);
  else reportRemains(session, id, props);
  removeEntriesOf(session, id);
}

function reportRemains(
  { declarations, reporter }: Session,
  id: string,
  props: DeployOutputs,
): void {
  const older = runs(props) ? declarations.olderBeside(props, props.createdAt) : [];
  // Nothing to report if the program deploys to the same part.
  if (older.length === 0 && declarations.hasOneBeside(props)) return;
  const notThat =
    older.length > 0
      ? `, not what ${older.join(" and ")} deployed before it; to deploy that again, run pulumi up --replace with the URN of that resource`
      : "";
  reporter.notice(
    `Deployment ${props.deploymentId}: deploy ${id} is no longer managed. Astro keeps it in the deploy history${whatRemains(props)}${notThat}`,
  );
}

function runs({ status, supersededBy }: DeployOutputs): boolean {
  return status === "DEPLOYED" && !supersededBy;
}

/** What is known of what a deploy left on its Deployment, by the state alone. */
function whatRemains(props: DeployOutputs): string {
  const { status, supersededBy, progress } = props;
  if (runs(props)) return ", and what it deployed keeps running";
  if (status === "FAILED") return "; it FAILED";
  if (supersededBy) return `; deploy ${supersededBy.deployId} superseded it`;
  return progress.finalize === undefined
    ? "; it was not finalized"
    : "; it was finalized, and Astro may still deploy it";
}
