import type { Session } from "./session";
import { isUnfinished, runsAlready } from "./diff";
import { isFinalized } from "./deploy/finalize";
import { newestDeploys } from "./recovery/history";
import { Journal } from "./recovery/journal";
import { fromOutputs, toOutputs, type DeployOutputs, type DeployRecord } from "./outputs";
import { prepare } from "./deploy/prepare";
import { runDeploy } from "./deploy/runDeploy";
import { findSuccessor } from "./recovery/supersededBy";
import { withDeploymentLock } from "./recovery/deploymentLock";
import { DeployInitError, type HostInputs } from "./initError";

export interface UpdateResult {
  outs: DeployOutputs;
}

/**
 * Resumes a deploy that was created and not finished. Every change of what describes a deploy
 * replaces it, so all else there is to update is what the state keeps for later.
 *
 * @throws UnfinishedDeploy where the deploy could not be finished this time either.
 */
export async function update(
  session: Session,
  id: string,
  olds: DeployOutputs,
  inputs: HostInputs,
): Promise<UpdateResult> {
  const record = fromOutputs(id, olds);
  if (!isUnfinished(olds, inputs)) {
    const outs = toOutputs(inputs, record);
    // It is what it was, also once the rollback to itself is taken out.
    if (runsAlready(olds, inputs, id)) outs.fingerprint = olds.fingerprint;
    return { outs };
  }
  const journal = new Journal(session, inputs);
  try {
    await withDeploymentLock(inputs.deploymentId, () => resume(session, inputs, record, journal));
  } catch (error) {
    throw new DeployInitError(inputs, record, error);
  } finally {
    await journal.release(id);
  }
  return { outs: toOutputs(inputs, record) };
}

async function resume(
  session: Session,
  inputs: HostInputs,
  record: DeployRecord,
  journal: Journal,
): Promise<void> {
  const { id } = record.deploy;
  const client = session.client();
  // A run that was interrupted while it resumed had come further than the state knows.
  const entry = await journal.read();
  if (entry?.deployId === id) Object.assign(record.progress, entry.progress);
  record.deploy = await client.getDeploy({ ...inputs, deployId: id });
  if (record.deploy.status === "FAILED") throw new Error("Astro reports FAILED");
  if (record.deploy.status === "DEPLOYED") return;
  if (!isFinalized(record)) {
    const owner = findSuccessor(
      record.deploy,
      await newestDeploys(client, inputs, { since: record.deploy.createdAt }),
    );
    if (owner) {
      // Finalized now, it would undo what came after it, and its time of creation belie that.
      record.progress.abandoned = `deploy ${owner.id} was begun after it`;
      throw new Error(`deploy ${owner.id} was begun after it.`);
    }
  }
  session.reporter.progress(`${id}: resuming`);
  const prepared = await prepare(session, inputs, record.progress);
  await runDeploy({ session, inputs, record, prepared, journal });
}
