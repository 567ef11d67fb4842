import type { AstroClient, DeploymentRef } from "../astro/client";
import type { Deploy } from "../astro/schemas";

/** Enough to see what happened since a deploy that is being watched. */
const pageSize = 50;

/**
 * The newest deploys of a Deployment, the newest first.
 *
 * The order of the service's list is not documented: where it starts with the oldest, the newest
 * are on its last page.
 */
export async function newestDeploys(client: AstroClient, ref: DeploymentRef): Promise<Deploy[]> {
  const first = await client.listDeploys(ref, { limit: pageSize });
  let deploys = first.deploys;
  if (first.totalCount > pageSize && isOldestFirst(deploys)) {
    const offset = first.totalCount - pageSize;
    deploys = (await client.listDeploys(ref, { limit: pageSize, offset })).deploys;
  }
  return [...deploys].sort((a, b) => b.createdAt.localeCompare(a.createdAt));
}

function isOldestFirst(deploys: readonly Deploy[]): boolean {
  const [first, last] = [deploys.at(0), deploys.at(-1)];
  return first !== undefined && last !== undefined && first.createdAt < last.createdAt;
}

/** A later deploy that put something else in the place of what another one had shipped. */
export interface Superseding {
  deployId: string;
  type: string;
  createdAt: string;
  /** Name or id of the user or API token. */
  by?: string;
}

/** Finds the newest finished deploy that superseded `deploy`, if any did. */
export function findSuperseding(
  deploy: Deploy,
  history: readonly Deploy[],
): Superseding | undefined {
  const later = history.find(
    (other) =>
      other.id !== deploy.id &&
      other.createdAt > deploy.createdAt &&
      other.status === "DEPLOYED" &&
      overlaps(deploy, other),
  );
  if (!later) return undefined;
  const subject = later.createdBySubject;
  const by = subject?.apiTokenName ?? subject?.fullName ?? subject?.username ?? subject?.id;
  return {
    deployId: later.id,
    type: later.type,
    createdAt: later.createdAt,
    ...(by !== undefined && { by }),
  };
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
