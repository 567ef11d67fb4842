import type { AstroClient, DeploymentRef } from "../../astro/client";
import type { Deploy } from "../../astro/types";

/** Which deploys of a Deployment's history to read. */
export interface HistoryOptions {
  /** At least so many, if there are. Default 50: enough to see what happened lately. */
  limit?: number | undefined;
  /** And all that have been made since that time, ISO 8601. */
  since?: string | undefined;
}

const defaultLimit = 50;
/** Fewer say too little of the list's order. */
const leastPage = 50;
/** The most that the service gives at once. */
const fullPage = 1000;

/**
 * The newest deploys of a Deployment, the newest first.
 *
 * The order of the service's list is not documented. While it has the newest first, no more of it
 * is read than was asked for; else the whole.
 */
export async function newestDeploys(
  client: AstroClient,
  ref: DeploymentRef,
  { limit = defaultLimit, since }: HistoryOptions = {},
): Promise<Deploy[]> {
  // By id: a deploy that is made meanwhile moves the others to the next page.
  const found = new Map<string, Deploy>();
  let offset = 0;
  let isEnough: boolean;
  do {
    const page = offset > 0 ? fullPage : Math.min(Math.max(limit, leastPage), fullPage);
    const { deploys, totalCount } = await client.listDeploys(ref, { limit: page, offset });
    for (const deploy of deploys) found.set(deploy.id, deploy);
    offset += deploys.length;
    const read = [...found.values()];
    const reachesBack = since === undefined || read.some(({ createdAt }) => createdAt < since);
    isEnough =
      deploys.length === 0 ||
      offset >= totalCount ||
      (isNewestFirst(read) && read.length >= limit && reachesBack);
  } while (!isEnough);
  const sorted = [...found.values()].sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  return since === undefined ? sorted.slice(0, limit) : sorted;
}

function isNewestFirst(deploys: readonly Deploy[]): boolean {
  return deploys.every(({ createdAt }, n) => createdAt <= (deploys[n - 1]?.createdAt ?? createdAt));
}
