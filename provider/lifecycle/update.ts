import type { Context } from "./context";
import { isUnfinished, runsAlready } from "./diff";
import { isFinalized } from "./finalize";
import { newestDeploys } from "./history";
import { Journal } from "./journal";
import { fromOutputs, toOutputs, type DeployOutputs, type DeployRecord } from "./outputs";
import { prepare } from "./prepare";
import { ship } from "./ship";
import { findOwner } from "./successors";
import { inTurn } from "./turns";
import { UnfinishedDeploy, type HostInputs } from "./unfinished";

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
  context: Context,
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
  const journal = new Journal(context, inputs);
  try {
    await inTurn(inputs.deploymentId, () => resume(context, inputs, record, journal));
  } catch (error) {
    throw new UnfinishedDeploy(inputs, record, error);
  } finally {
    await journal.handOver(id);
  }
  return { outs: toOutputs(inputs, record) };
}

async function resume(
  context: Context,
  inputs: HostInputs,
  record: DeployRecord,
  journal: Journal,
): Promise<void> {
  const { id } = record.deploy;
  const client = context.client();
  // A run that was interrupted while it resumed had come further than the state knows.
  const note = await journal.read();
  if (note?.deployId === id) Object.assign(record.progress, note.progress);
  record.deploy = await client.getDeploy({ ...inputs, deployId: id });
  if (record.deploy.status === "FAILED") throw new Error("Astro reports FAILED");
  if (record.deploy.status === "DEPLOYED") return;
  if (!isFinalized(record)) {
    const owner = findOwner(
      record.deploy,
      await newestDeploys(client, inputs, { since: record.deploy.createdAt }),
    );
    if (owner) {
      // Finalized now, it would undo what came after it, and its time of creation belie that.
      record.progress.abandoned = `deploy ${owner.id} was begun after it`;
      throw new Error(`deploy ${owner.id} was begun after it.`);
    }
  }
  context.reporter.progress(`${id}: resuming`);
  const prepared = await prepare(context, inputs, record.progress);
  await ship({ context, inputs, record, prepared, journal });
}
