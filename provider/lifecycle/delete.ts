import type { Context } from "./context";
import { findOwner, newestDeploys } from "./history";
import { fromOutputs, type DeployOutputs } from "./outputs";
import { hadTurn, inTurn } from "./turns";
import { waitForEnd } from "./wait";

/**
 * Forgets the deploy. The service keeps every deploy in the Deployment's history and has no
 * delete; what was deployed keeps running. Only a bundle can be removed, where the program asked
 * for that.
 */
export async function remove(context: Context, id: string, props: DeployOutputs): Promise<void> {
  if (props.removeBundleOnDelete) {
    await removeBundle(context, id, props);
    return;
  }
  // A deploy that another one has just replaced needs no word of farewell.
  if (hadTurn(props.deploymentId)) return;
  context.reporter.notice(
    `${id}: no longer managed. Astro keeps it in the history of Deployment ${props.deploymentId}, and what it deployed keeps running`,
  );
}

/**
 * Removes the bundle by a deploy that is finalized with an empty version, as the official client
 * does; unless a later deploy has put another bundle in its place.
 */
async function removeBundle(context: Context, id: string, props: DeployOutputs): Promise<void> {
  const { organizationId, deploymentId } = props;
  const { deploy, progress } = fromOutputs(id, props);
  const { bundleMountPath } = deploy;
  if (bundleMountPath === undefined || progress.finalize === undefined) return;
  await inTurn(deploymentId, async () => {
    const client = context.client();
    const ref = { organizationId, deploymentId };
    const owner = findOwner(deploy, await newestDeploys(client, ref, deploy.createdAt));
    if (owner) {
      const owns = owner.status === "DEPLOYED" ? "owns it now" : "was begun since and may own it";
      context.reporter.notice(
        `${id}: its bundle at ${bundleMountPath} stays: deploy ${owner.id} ${owns}`,
      );
      return;
    }
    const removal = await client.createDeploy(ref, {
      type: "BUNDLE",
      bundleType: props.bundleType ?? "dbt",
      bundleMountPath,
      description: `Removes the bundle of deploy ${id}`,
    });
    const removalRef = { ...ref, deployId: removal.id };
    const finalized = await client.finalizeDeploy(removalRef, { bundleTarballVersion: "" });
    const ended = await waitForEnd(client, removalRef, finalized, context.settings.deployTimeoutMs);
    if (ended.status === "FAILED") {
      throw new Error(
        `The bundle at ${bundleMountPath} was not removed: deploy ${removal.id} FAILED. Run \`pulumi destroy\` again, or take removeBundleOnDelete out to leave the bundle.`,
      );
    }
    context.reporter.notice(
      `${id}: its bundle at ${bundleMountPath} was removed by deploy ${removal.id}`,
    );
  });
}
