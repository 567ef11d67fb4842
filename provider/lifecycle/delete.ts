import type { AstroClient, DeploymentRef, DeployRef } from "../astro/client";
import { AstroError } from "../astro/error";
import type { Deploy } from "../astro/types";
import type { Session } from "./session";
import { saysTaken } from "./deploy/finalize";
import { newestDeploys } from "./recovery/history";
import { fromOutputs, type DeployOutputs } from "./outputs";
import { findSuccessor } from "./recovery/supersededBy";
import { withDeploymentLock } from "./recovery/deploymentLock";
import { waitForEnd } from "./deploy/wait";

/**
 * Forgets the deploy. The service keeps every deploy in the Deployment's history and has no
 * delete; what was deployed keeps running. Only a bundle can be removed, where the program asked
 * for that.
 */
export async function remove(session: Session, id: string, props: DeployOutputs): Promise<void> {
  if (props.removeBundleOnDelete) {
    await removeBundle(session, id, props);
    return;
  }
  // Of a place that the program goes on to deploy to there is nothing to say.
  if (session.declarations.hasOneBeside(props)) return;
  session.reporter.notice(
    `${id}: no longer managed. Astro keeps it in the history of Deployment ${props.deploymentId}${whatRemains(props)}`,
  );
}

/** What is known of what a deploy left on its Deployment, by the state alone. */
function whatRemains({ status, supersededBy, progress }: DeployOutputs): string {
  if (status === "FAILED") return "; it had FAILED";
  if (supersededBy) return `; deploy ${supersededBy.deployId} had superseded it`;
  if (status === "DEPLOYED") return ", and what it deployed keeps running";
  return progress.finalize === undefined
    ? "; it was not finalized"
    : "; it was finalized, and Astro may still deploy it";
}

/**
 * Removes the bundle by a deploy that is finalized with an empty version, as the official client
 * does; unless a later deploy has put another bundle in its place. A removal that was begun before
 * and not seen to its end is gone on with.
 */
async function removeBundle(session: Session, id: string, props: DeployOutputs): Promise<void> {
  const { organizationId, deploymentId } = props;
  const { deploy, progress } = fromOutputs(id, props);
  const { bundleMountPath } = deploy;
  if (bundleMountPath === undefined || progress.finalize === undefined) return;
  await withDeploymentLock(deploymentId, async () => {
    const client = session.client();
    const ref = { organizationId, deploymentId };
    const description = removalOf(id);
    const isOurs = (other: Deploy) =>
      other.description === description && other.status !== "FAILED";
    const history = await listSince(client, ref, deploy);
    // A removal owns nothing.
    const owner = findSuccessor(
      deploy,
      history.filter((other) => !isRemoval(other)),
    );
    const earlier = findSuccessor(
      deploy,
      history.filter((other) => isRemoval(other) && !isOurs(other)),
    );
    if (earlier && (!owner || isAfter(earlier, owner))) {
      const done = earlier.status === "DEPLOYED" ? "was removed already" : "is being removed";
      session.reporter.notice(
        `${id}: its bundle at ${bundleMountPath} ${done} by deploy ${earlier.id}`,
      );
      return;
    }
    if (owner) {
      const owns = owner.status === "DEPLOYED" ? "owns it now" : "was begun since and may own it";
      session.reporter.notice(
        `${id}: its bundle at ${bundleMountPath} stays: deploy ${owner.id} ${owns}`,
      );
      return;
    }
    if (session.declarations.hasOneBeside(props)) {
      session.reporter.notice(
        `${id}: its bundle at ${bundleMountPath} stays: the program still declares an AstroDeploy for that place`,
      );
      return;
    }
    const begun = history.find(isOurs);
    const removal =
      begun ??
      (await client.createDeploy(ref, {
        type: "BUNDLE",
        bundleType: props.bundleType,
        bundleMountPath,
        description,
      }));
    const ended = await seeToItsEnd(session, ref, removal, begun !== undefined).catch(
      (error: unknown) => {
        const { message } = error as Error;
        throw new Error(
          `Deploy ${removal.id} of Deployment ${deploymentId}, which is to remove the bundle at ${bundleMountPath}, is not finished: ${message} Run \`pulumi destroy\` again to go on with it.`,
          { cause: error },
        );
      },
    );
    if (ended.status === "FAILED") {
      throw new Error(
        `The bundle at ${bundleMountPath} was not removed: deploy ${removal.id} FAILED. Run \`pulumi destroy\` again, or take removeBundleOnDelete out to leave the bundle.`,
      );
    }
    // In a destroy the engine does not say what else there is.
    const unknown = session.declarations.areKnown
      ? ""
      : ". If another AstroDeploy of this program ships to that path, deploy it again";
    session.reporter.notice(
      `${id}: its bundle at ${bundleMountPath} was removed by deploy ${removal.id}${unknown}`,
    );
  });
}

/** By its description the next run knows a removal, since the service has no other place for that. */
function removalOf(id: string): string {
  return `Removes the bundle of deploy ${id}`;
}

function isRemoval({ description }: Deploy): boolean {
  return description?.startsWith(removalOf("")) ?? false;
}

/** Whether a removal came after a deploy; the service gives whole seconds. */
function isAfter(removal: Deploy, owner: Deploy): boolean {
  return removal.createdAt > owner.createdAt || removal.description === removalOf(owner.id);
}

async function listSince(
  client: AstroClient,
  ref: DeploymentRef,
  { createdAt }: Deploy,
): Promise<Deploy[]> {
  try {
    return await newestDeploys(client, ref, { since: createdAt });
  } catch (error) {
    if (!(error instanceof AstroError) || error.status !== 404) throw error;
    throw new Error(
      `${error.message} Where the Deployment was deleted, its bundles are gone: take removeBundleOnDelete out, run \`pulumi up\`, and delete the resource then.`,
      { cause: error },
    );
  }
}

async function seeToItsEnd(
  session: Session,
  deployment: DeploymentRef,
  removal: Deploy,
  isBegun: boolean,
): Promise<Deploy> {
  const client = session.client();
  const ref = { ...deployment, deployId: removal.id };
  const [finalized, refusal] = await finalizeRemoval(client, ref, removal, isBegun);
  return waitForEnd(client, ref, finalized, session.settings.deployTimeoutMs, refusal);
}

/**
 * @returns the deploy, and what a repeat was refused with: a removal that was begun before may have
 *   been finalized then.
 */
async function finalizeRemoval(
  client: AstroClient,
  ref: DeployRef,
  removal: Deploy,
  isBegun: boolean,
): Promise<[Deploy, AstroError?]> {
  if (removal.status !== "INITIALIZED") return [removal];
  try {
    return [await client.finalizeDeploy(ref, { bundleTarballVersion: "" })];
  } catch (error) {
    if (isBegun && saysTaken(error)) return [removal, error];
    throw error;
  }
}
