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
  // Nothing to report if the program keeps deploying to the same part.
  else if (!session.declarations.hasOneBeside(props)) {
    session.reporter.notice(
      `Deployment ${props.deploymentId}: deploy ${id} is no longer managed. Astro keeps it in the deploy history${whatRemains(props)}`,
    );
  }
  removeEntriesOf(session, id);
}

/** What is known of what a deploy left on its Deployment, by the state alone. */
function whatRemains({ status, supersededBy, progress }: DeployOutputs): string {
  if (status === "FAILED") return "; it FAILED";
  if (supersededBy) return `; deploy ${supersededBy.deployId} superseded it`;
  if (status === "DEPLOYED") return ", and what it deployed keeps running";
  return progress.finalize === undefined
    ? "; it was not finalized"
    : "; it was finalized, and Astro may still deploy it";
}
