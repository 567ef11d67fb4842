import type { Context } from "./context";
import { shipOrRemember } from "./create";
import { diff } from "./diff";
import { fromOutputs, sameOutputs, toOutputs, type DeployOutputs } from "./outputs";
import { dispose, pack } from "./ship";
import { inTurn } from "./turns";
import { UnfinishedDeploy, type HostInputs } from "./unfinished";

export interface UpdateResult {
  outs: DeployOutputs;
}

/**
 * Resumes a deploy that was created and not finished. Every change of an input replaces, so there
 * is nothing else to update.
 *
 * @throws UnfinishedDeploy where the deploy could not be finished this time either.
 */
export async function update(
  context: Context,
  id: string,
  olds: DeployOutputs,
  inputs: HostInputs,
): Promise<UpdateResult> {
  if (!diff(olds, inputs).changes) return { outs: sameOutputs(olds) };
  const record = fromOutputs(id, olds);
  try {
    const packages = await pack(inputs, record.progress);
    try {
      await inTurn(inputs.deploymentId, async () => {
        const { dagsUploadUrl, bundleUploadUrl } = record.deploy;
        const present = await context.client().getDeploy({ ...inputs, deployId: id });
        // The service may sign the URLs anew when it is asked, or no longer show them.
        record.deploy = {
          ...present,
          dagsUploadUrl: present.dagsUploadUrl ?? dagsUploadUrl,
          bundleUploadUrl: present.bundleUploadUrl ?? bundleUploadUrl,
        };
        context.report(`${id}: resuming`);
        if (present.status === "INITIALIZED") await shipOrRemember(context, inputs, record, packages);
        else if (present.status === "FAILED") throw new Error("Astro reports FAILED");
      });
    } finally {
      await dispose(packages);
    }
  } catch (error) {
    throw error instanceof UnfinishedDeploy ? error : new UnfinishedDeploy(inputs, record, error);
  }
  return { outs: toOutputs(inputs, record) };
}
