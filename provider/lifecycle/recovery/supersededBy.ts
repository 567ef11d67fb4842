import type { AstroClient, DeploymentRef } from "../../astro/client";
import type { Deploy, SupersedingDeploy } from "../../astro/types";
import { newestDeploys } from "./history";
import { parts, shipsSamePart, type Shipped } from "../parts";

/**
 * Finds the newest deploy that has put something else in the place of what `deploy` had shipped,
 * or may yet do so: it was created later (the service gives whole seconds) and did not fail.
 */
export function findSuccessor(deploy: Deploy, history: readonly Deploy[]): Deploy | undefined {
  return history.find(
    (other) =>
      other.id !== deploy.id &&
      other.createdAt >= deploy.createdAt &&
      other.status !== "FAILED" &&
      shipsSamePart(deploy, other),
  );
}

/**
 * Finds the newest finished deploy that superseded `deploy`, if any did. What the Deployment is set
 * to run settles which of two DAG deploys that were under way at the same time came last: the one
 * that was created first may have been finalized last.
 */
export async function findSupersedingDeploy(
  client: AstroClient,
  ref: DeploymentRef,
  deploy: Deploy,
): Promise<SupersedingDeploy | undefined> {
  let others = rivals(deploy, await newestDeploys(client, ref, { since: deploy.createdAt }));
  const isComparable = shipsDags(deploy) && deploy.status === "DEPLOYED";
  if (others.length > 0 && isComparable && deploy.dagTarballVersion !== undefined) {
    const { desiredDagTarballVersion, dagTarballVersion } = await client.getDeployment(ref);
    const version = desiredDagTarballVersion ?? dagTarballVersion;
    if (version === deploy.dagTarballVersion) {
      // The DAGs are its own still; of the image, if it shipped one, only the order tells.
      others = parts(deploy).includes("IMAGE") ? others.filter(bringsImage) : [];
      if (others[0]?.rollbackFromId === deploy.id) return undefined;
    } else {
      const last = others.find((other) => other.dagTarballVersion === version);
      if (last) return toSuperseding(last);
    }
  }
  const later = others.find(({ createdAt }) => createdAt > deploy.createdAt);
  return later && toSuperseding(later);
}

/** The finished deploys of the same kind that ended after `deploy` was created. */
function rivals(deploy: Deploy, history: readonly Deploy[]): Deploy[] {
  return history.filter(
    (other) =>
      other.id !== deploy.id &&
      (other.updatedAt ?? other.createdAt) >= deploy.createdAt &&
      other.status === "DEPLOYED" &&
      shipsSamePart(deploy, other),
  );
}

function toSuperseding({
  id,
  type,
  createdAt,
  createdBySubject: subject,
}: Deploy): SupersedingDeploy {
  const by = subject?.apiTokenName ?? subject?.fullName ?? subject?.username ?? subject?.id;
  return { deployId: id, type, createdAt, ...(by !== undefined && { by }) };
}

function shipsDags(deploy: Shipped): boolean {
  // Of a bundle, responses may say DAG_ONLY; the mount path tells.
  return deploy.bundleMountPath === undefined && parts(deploy).includes("DAG");
}

/** A rollback brings an image back, whatever its type. */
function bringsImage(deploy: Shipped): boolean {
  return deploy.rollbackFromId !== undefined || parts(deploy).includes("IMAGE");
}
