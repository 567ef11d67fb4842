import type { Deploy } from "../astro/types";
import { createDeploy } from "./deploy/createDeploy";
import { prepare, type Prepared } from "./deploy/prepare";
import { assertRollbackNeeded } from "./deploy/rollback";
import { runDeploy } from "./deploy/runDeploy";
import { wakeUp } from "./deploy/wakeUp";
import type { HostInputs } from "./initError";
import { withCommitMessage } from "./inputs/commitMessage";
import { isManaged } from "./inputs/table";
import type { DeployOutputs } from "./outputs";
import { shipsSamePart } from "./parts";
import { Journal } from "./recovery/journal";
import { recoverDeploy } from "./recovery/recover";
import type { Session } from "./session";

export interface CreateResult {
  id: string;
  outs: DeployOutputs;
}

/**
 * Without a source, it only sends the create request. With one, it is the whole deploy, from the
 * checks that need the service to the status `DEPLOYED`.
 *
 * @throws AstroError, ArtifactError, ImageError or Error if nothing was created.
 * @throws DeployInitError if the deploy was created and not finished.
 */
export async function create(session: Session, inputs: HostInputs): Promise<CreateResult> {
  // What is missing in the configuration is reported before anything is packed.
  session.client();
  return session.wakings.during(inputs.deploymentId, async () => {
    const prepared = isManaged(inputs) ? await prepare(session, inputs) : undefined;
    return session.locks.hold(session, session.declarations.lockUser(inputs), () =>
      createPrepared(session, inputs, prepared),
    );
  });
}

async function createPrepared(
  session: Session,
  inputs: HostInputs,
  prepared: Prepared | undefined,
): Promise<CreateResult> {
  const journal = new Journal(session, inputs);
  const request = withCommitMessage(session, inputs);
  let record = await recoverDeploy(session, request, journal);
  if (!record) await assertRollbackNeeded(session, request);
  await wakeUp(session, inputs, session.declarations.labelOf(inputs), prepared?.deployment);
  record ??= await createDeploy(session, request, journal);
  reportOverwritten(session, inputs, record.deploy);
  if (inputs.rollbackTo !== undefined) record.progress.finalize = "done";
  const run = { session, inputs, record, journal };
  const outs = await runDeploy(run, () => Promise.resolve(prepared));
  return { id: record.deploy.id, outs };
}

/** Reports that two resources of a program ship to the same part of a Deployment. */
function reportOverwritten(session: Session, inputs: HostInputs, deploy: Deploy): void {
  const { locks, reporter } = session;
  const label = session.declarations.labelOf(inputs);
  const created = locks.createdIn(deploy.deploymentId);
  const other = created.find((earlier) => shipsSamePart(earlier, deploy));
  if (other) {
    reporter.notice(
      `${label}: deploy ${deploy.id} overwrites deploy ${other.id} of this run; declare one resource per Deployment and part`,
      "duplicate-resource",
    );
  }
  created.push(deploy);
}
