import { removeBundle } from "./deploy/removeBundle";
import type { DeployOutputs } from "./outputs";
import { shipsSamePart } from "./parts";
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

/** Nothing if the program deploys to the same part, unless what is removed runs on there. */
function reportRemains(session: Session, id: string, props: DeployOutputs): void {
  const beside = session.declarations.beside(props);
  if (beside.length > 0 && !runsAfter(session, props, beside)) return;
  const labels = [...new Set(beside.map(({ label }) => label))].join(" and ");
  const notThat = `, not what ${labels} deployed before it; to deploy that again, run pulumi up --replace with the URN of that resource`;
  session.reporter.notice(
    `Deployment ${props.deploymentId}: deploy ${id} is no longer managed. Astro keeps it in the deploy history${whatRemains(props)}${labels && notThat}`,
  );
}

/** Whether a deploy runs, and it is certain that those beside it are older. */
function runsAfter(
  { locks }: Session,
  props: DeployOutputs,
  beside: readonly { unchangedSince: string | undefined }[],
): boolean {
  // A rollback may have brought back what one of them shipped.
  if (!runs(props) || props.rollbackFromId !== undefined) return false;
  // The engine asks for no diff before a replacement that the user wants.
  if (locks.createdIn(props.deploymentId).some((later) => shipsSamePart(props, later)))
    return false;
  return beside.every(
    ({ unchangedSince = "" }) => Date.parse(unchangedSince) < Date.parse(props.createdAt),
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
