import type { AstroClient, DeploymentRef } from "../../astro/client";
import { AstroError } from "../../astro/error";
import type { Deploy } from "../../astro/types";
import type { DeployOutputs } from "../outputs";
import { fromOutputs } from "../record";
import { newestDeploys } from "../recovery/history";
import { findSuccessor } from "../recovery/supersededBy";
import type { Session } from "../session";
import { finalize } from "./finalize";
import { waitForEnd } from "./wait";
import { wakeUp } from "./wakeUp";
import { CodedError, codeOf } from "../../messages";

/**
 * Removes the bundle of a deploy by a deploy that is finalized with an empty version, as the official
 * client does, unless another bundle has its place. A removal that an earlier run has created is
 * resumed.
 *
 * @throws Error if Astro did not remove it.
 */
export async function removeBundle(
  session: Session,
  id: string,
  props: DeployOutputs,
): Promise<void> {
  const { deploy, progress } = fromOutputs(id, props);
  const { bundleMountPath } = deploy;
  if (bundleMountPath === undefined || progress.finalize === undefined) return;
  const { organizationId, deploymentId } = props;
  const remove = async () => {
    const ref = { organizationId, deploymentId };
    const history = await listSince(session.client(), ref, deploy);
    const kept = whyKept(deploy, history, session.declarations.beside(props).length > 0);
    const bundle = `Deployment ${deploymentId}: the bundle at ${bundleMountPath}`;
    if (kept !== undefined) {
      session.reporter.notice(`${bundle} ${kept}`);
      return;
    }
    await wakeUp(session, props, `Deployment ${deploymentId}`);
    const { bundleType } = props;
    const removal = await runRemoval(session, ref, { id, bundleType, bundleMountPath }, history);
    // In a destroy the engine does not say what else there is.
    const unknown = session.declarations.areKnown
      ? ""
      : ". If another resource of this program ships to that path, deploy it again";
    session.reporter.notice(`${bundle} was removed by deploy ${removal.id}${unknown}`);
  };
  await session.wakings.during(deploymentId, () =>
    session.locks.hold(session, { deploymentId, label: `Deployment ${deploymentId}` }, remove),
  );
}

/** Why there is nothing to remove; completes "the bundle …". */
function whyKept(deploy: Deploy, history: readonly Deploy[], isDeclared: boolean) {
  const description = descriptionOf(deploy.id);
  // A removal owns nothing.
  const owner = findSuccessor(
    deploy,
    history.filter((other) => !isRemoval(other)),
  );
  const removal = findSuccessor(
    deploy,
    history.filter((other) => isRemoval(other) && other.description !== description),
  );
  if (removal && (!owner || isAfter(removal, owner))) {
    const done = removal.status === "DEPLOYED" ? "was removed already" : "is being removed";
    return `${done} by deploy ${removal.id}`;
  }
  if (owner) {
    const owns = owner.status === "DEPLOYED" ? "owns it now" : "was created since and may own it";
    return `stays: deploy ${owner.id} ${owns}`;
  }
  return isDeclared ? "stays: the program still declares a resource for that path" : undefined;
}

interface Target {
  /** Of the deploy that shipped the bundle. */
  id: string;
  bundleType: string | undefined;
  bundleMountPath: string;
}

async function runRemoval(
  session: Session,
  deployment: DeploymentRef,
  { id, bundleType, bundleMountPath }: Target,
  history: readonly Deploy[],
): Promise<Deploy> {
  const client = session.client();
  const description = descriptionOf(id);
  const earlier = history.find(
    (other) => other.description === description && other.status !== "FAILED",
  );
  const deploy =
    earlier ??
    (await client.createDeploy(deployment, {
      type: "BUNDLE",
      bundleType,
      bundleMountPath,
      description,
    }));
  // The earlier run may have finalized it.
  const record = { deploy, progress: earlier ? { finalize: "sent" as const } : {} };
  try {
    const ref = { ...deployment, deployId: deploy.id };
    const versions = { bundleTarballVersion: "" };
    const refusal = await finalize(session, ref, record, versions, () => Promise.resolve());
    const ended = await waitForEnd(session, ref, record.deploy, { refusal });
    if (ended.status !== "FAILED") return ended;
  } catch (error) {
    throw new CodedError(
      codeOf(error, "bundle-not-removed"),
      `Deploy ${deploy.id} of Deployment ${deployment.deploymentId}, which removes the bundle at ${bundleMountPath}, is not finished: ${(error as Error).message} Run \`pulumi destroy\` again to resume it.`,
      { cause: error },
    );
  }
  throw new CodedError(
    "bundle-not-removed",
    `The bundle at ${bundleMountPath} was not removed: deploy ${deploy.id} FAILED. Run \`pulumi destroy\` again, or remove removeBundleOnDelete to leave the bundle.`,
  );
}

/** The next run knows a removal by its description, since the service has no other place for that. */
function descriptionOf(id: string): string {
  return `Removes the bundle of deploy ${id}`;
}

function isRemoval({ description }: Deploy): boolean {
  return description?.startsWith(descriptionOf("")) ?? false;
}

/** Whether a removal came after a deploy; the service gives whole seconds. */
function isAfter(removal: Deploy, owner: Deploy): boolean {
  return removal.createdAt > owner.createdAt || removal.description === descriptionOf(owner.id);
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
    throw new CodedError(
      error.messageCode,
      `${error.message} If the Deployment was deleted, its bundles are gone: remove removeBundleOnDelete, run \`pulumi up\`, and then delete the resource.`,
      { cause: error },
    );
  }
}
