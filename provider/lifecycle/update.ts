import type { Context } from "./context";
import { isUnfinished } from "./diff";
import { isFinalized } from "./finalize";
import { findOwner, newestDeploys } from "./history";
import { fromOutputs, toOutputs, type DeployOutputs, type DeployRecord } from "./outputs";
import { prepare } from "./prepare";
import { ship } from "./ship";
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
  if (!isUnfinished(olds, inputs)) return { outs: toOutputs(inputs, record) };
  try {
    await inTurn(inputs.deploymentId, () => resume(context, inputs, record));
  } catch (error) {
    throw new UnfinishedDeploy(inputs, record, error);
  }
  return { outs: toOutputs(inputs, record) };
}

async function resume(context: Context, inputs: HostInputs, record: DeployRecord): Promise<void> {
  const { id } = record.deploy;
  const client = context.client();
  record.deploy = await client.getDeploy({ ...inputs, deployId: id });
  if (record.deploy.status === "FAILED") throw new Error("Astro reports FAILED");
  if (record.deploy.status === "DEPLOYED") return;
  if (!isFinalized(record)) {
    const owner = findOwner(
      record.deploy,
      await newestDeploys(client, inputs, record.deploy.createdAt),
    );
    if (owner) {
      // Finalized now, it would undo what came after it, and its time of creation belie that.
      record.progress.abandoned = `deploy ${owner.id} was begun after it`;
      throw new Error(`deploy ${owner.id} was begun after it.`);
    }
  }
  context.reporter.progress(`${id}: resuming`);
  const prepared = await prepare(context, inputs, record.progress);
  try {
    await ship({ context, inputs, record, prepared, remember: () => Promise.resolve() });
  } finally {
    await prepared.dispose();
  }
}
