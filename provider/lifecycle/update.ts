import { prepare, type Prepared } from "./deploy/prepare";
import { isFinalized } from "./deploy/finalize";
import { runDeploy, type DeployRun } from "./deploy/runDeploy";
import { wakeUp } from "./deploy/wakeUp";
import { isUnfinished, runsAlready } from "./diff";
import { AbandonedError, type HostInputs } from "./initError";
import { toOutputs, type DeployOutputs } from "./outputs";
import { fromOutputs } from "./record";
import { newestDeploys } from "./recovery/history";
import { Journal, removeEntriesOf } from "./recovery/journal";
import { findSuccessor } from "./recovery/supersededBy";
import type { Session } from "./session";
import { CodedError } from "../messages";

export interface UpdateResult {
  outs: DeployOutputs;
}

/**
 * Resumes a deploy that was created and not finished. Every change of what describes a deploy
 * replaces it, so all else there is to update is what the state keeps for later.
 *
 * @throws DeployInitError if the deploy could not be finished this time either.
 */
export async function update(
  session: Session,
  id: string,
  olds: DeployOutputs,
  inputs: HostInputs,
): Promise<UpdateResult> {
  const record = fromOutputs(id, olds);
  if (!isUnfinished(olds, inputs)) {
    removeEntriesOf(session, id);
    delete record.progress.health;
    const outs = toOutputs(inputs, record);
    // It is what it was, also once the rollback to itself is taken out.
    if (runsAlready(olds, inputs, id)) outs.fingerprint = olds.fingerprint;
    return { outs };
  }
  const run = { session, inputs, record, journal: new Journal(session, inputs) };
  const { deploymentId } = inputs;
  const outs = await session.wakings.during(deploymentId, () =>
    session.locks.hold(session, session.declarations.lockUser(inputs), () =>
      runDeploy(run, () => prepareRest(run)),
    ),
  );
  return { outs };
}

/** Finds out how far the deploy has come, and prepares the rest. */
async function prepareRest({ session, inputs, record, journal }: DeployRun): Promise<Prepared> {
  const { id } = record.deploy;
  const client = session.client();
  const label = session.declarations.labelOf(inputs);
  // A run that was interrupted while it resumed had come further than the state knows.
  const entry = await journal.read();
  if (entry?.deployId === id) Object.assign(record.progress, entry.progress);
  record.deploy = await client.getDeploy({ ...inputs, deployId: id });
  if (record.deploy.status === "FAILED")
    throw new CodedError("deploy-failed", "Astro reports FAILED");
  if (record.deploy.status === "DEPLOYED") {
    record.progress.finalize = "done";
    // The run before may have let it hibernate again.
    if (inputs.waitFor === "HEALTHY") await wakeUp(session, inputs, label);
    return { packages: [] };
  }
  if (!isFinalized(record)) {
    const history = await newestDeploys(client, inputs, { since: record.deploy.createdAt });
    const successor = findSuccessor(record.deploy, history);
    if (successor) {
      // Finalized now, it would overwrite what came after it, and its time of creation would hide that.
      const reason = `deploy ${successor.id} was created after it`;
      throw new AbandonedError("superseded", `${reason}.`, reason);
    }
  }
  session.reporter.progress(`${label}: resuming deploy ${id}`);
  const prepared = await prepare(session, inputs, record.progress);
  await wakeUp(session, inputs, label, prepared.deployment);
  return prepared;
}
