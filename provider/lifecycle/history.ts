import type { AstroClient, DeploymentRef } from "../astro/client";
import type { Deploy } from "../astro/types";
import type { Superseding } from "./superseding";

/** Enough to see what happened since a deploy that is being watched. */
const firstPage = 50;
/** The most that the service gives at once. */
const fullPage = 1000;

/**
 * The newest deploys of a Deployment, the newest first: 50, or with `since` as many more as have
 * been made since that time.
 *
 * The order of the service's list is not documented. Where it starts with the newest or with the
 * oldest, only that end of it is read; else the whole.
 */
export async function newestDeploys(
  client: AstroClient,
  ref: DeploymentRef,
  since?: string,
): Promise<Deploy[]> {
  const { deploys: page, totalCount } = await client.listDeploys(ref, { limit: firstPage });
  const isSorted = isNewestFirst(page);
  const isReversed = !isSorted && isNewestFirst([...page].reverse());
  const read = isReversed && totalCount > page.length ? [] : [...page];
  const isEnough = () =>
    (isSorted || isReversed) &&
    read.length >= firstPage &&
    (since === undefined || read.some(({ createdAt }) => createdAt < since));
  while (read.length < totalCount && !isEnough()) {
    const most = read.length === 0 ? firstPage : fullPage;
    const limit = Math.min(most, totalCount - read.length);
    const offset = isReversed ? totalCount - read.length - limit : read.length;
    const { deploys } = await client.listDeploys(ref, { limit, offset });
    // The list has become shorter meanwhile.
    if (deploys.length === 0) break;
    read.push(...deploys);
  }
  read.sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  return since === undefined ? read.slice(0, firstPage) : read;
}

function isNewestFirst(deploys: readonly Deploy[]): boolean {
  return deploys.every(({ createdAt }, n) => createdAt <= (deploys[n - 1]?.createdAt ?? createdAt));
}

/**
 * Finds the newest deploy that has put something else in the place of what `deploy` had shipped,
 * or may yet do so: it was begun later (the service gives whole seconds) and did not fail.
 */
export function findOwner(deploy: Deploy, history: readonly Deploy[]): Deploy | undefined {
  return history.find(
    (other) =>
      other.id !== deploy.id &&
      other.createdAt >= deploy.createdAt &&
      other.status !== "FAILED" &&
      overlaps(deploy, other),
  );
}

/**
 * Finds the newest finished deploy that superseded `deploy`, if any did. What the Deployment is set
 * to run settles which of two DAG deploys that were under way at the same time came last: the one
 * that was begun first may have been finalized last.
 */
export async function superseding(
  client: AstroClient,
  ref: DeploymentRef,
  deploy: Deploy,
): Promise<Superseding | undefined> {
  const others = rivals(deploy, await newestDeploys(client, ref, deploy.createdAt));
  const isComparable = deploy.type === "DAG_ONLY" && deploy.status === "DEPLOYED";
  if (others.length > 0 && isComparable && deploy.dagTarballVersion !== undefined) {
    const { desiredDagTarballVersion, dagTarballVersion } = await client.getDeployment(ref);
    const version = desiredDagTarballVersion ?? dagTarballVersion;
    if (version === deploy.dagTarballVersion) return undefined;
    const last = others.find((other) => other.dagTarballVersion === version);
    if (last) return describe(last);
  }
  const later = others.find(({ createdAt }) => createdAt > deploy.createdAt);
  return later && describe(later);
}

/** The finished deploys of the same kind that ended after `deploy` had begun. */
function rivals(deploy: Deploy, history: readonly Deploy[]): Deploy[] {
  return history.filter(
    (other) =>
      other.id !== deploy.id &&
      (other.updatedAt ?? other.createdAt) >= deploy.createdAt &&
      other.status === "DEPLOYED" &&
      overlaps(deploy, other),
  );
}

function describe({ id, type, createdAt, createdBySubject: subject }: Deploy): Superseding {
  const by = subject?.apiTokenName ?? subject?.fullName ?? subject?.username ?? subject?.id;
  return { deployId: id, type, createdAt, ...(by !== undefined && { by }) };
}

/** Whether `later` shipped something of the kind that `deploy` had shipped, or rolled it back. */
function overlaps(deploy: Deploy, later: Deploy): boolean {
  if (later.rollbackFromId !== undefined) return true;
  // Responses need not say BUNDLE, which their documented list of types lacks; the path tells.
  if (deploy.bundleMountPath !== undefined || later.bundleMountPath !== undefined) {
    return deploy.bundleMountPath === later.bundleMountPath;
  }
  return parts(deploy).some((part) => parts(later).includes(part));
}

function parts({ type }: Deploy): string[] {
  return type.split(/_AND_|_/).filter((part) => part !== "ONLY");
}
