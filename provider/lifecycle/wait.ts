import { setTimeout as sleep } from "node:timers/promises";
import type { AstroClient, DeployRef } from "../astro/client";
import type { Deploy } from "../astro/types";

/** How often to ask: soon at first, since a DAG-only deploy can take seconds, then ever more rarely. */
const polling = { firstMs: 500, factor: 1.5, mostMs: 15_000 };

/** A look at the deploy is given as much time, in milliseconds, also where the wait is over sooner. */
const leastMs = 1000;

/**
 * Waits for the deploy's own status, not the Deployment's health: a Deployment is still healthy
 * from before while a deploy is under way.
 *
 * @param refusal - Why the deploy may never come to its end, told where it does not.
 * @returns the deploy with status `DEPLOYED` or `FAILED`.
 * @throws Error when it is neither after `timeoutMs`.
 */
export async function waitForEnd(
  client: AstroClient,
  ref: DeployRef,
  begun: Deploy,
  timeoutMs: number,
  refusal?: Error,
): Promise<Deploy> {
  const deadline = Date.now() + timeoutMs;
  let deploy = begun;
  for (let pauseMs = polling.firstMs; !isEnded(deploy); pauseMs *= polling.factor) {
    const left = deadline - Date.now();
    if (left <= 0) {
      throw new Error(
        `${refusal ? `${refusal.message} Since then ` : ""}it is still ${deploy.status} after ${Math.round(timeoutMs / 1000)} s. Astro may yet finish it; raise astro:deployTimeoutSeconds to wait longer.`,
      );
    }
    const jitter = 0.75 + Math.random() / 2;
    await sleep(Math.min(pauseMs, polling.mostMs, left) * jitter);
    const end = Math.max(deadline, Date.now() + leastMs);
    deploy = await client.getDeploy(ref, end).catch((error: unknown) => {
      // Its time was cut short by the end of the wait.
      if (Date.now() + leastMs < deadline) throw error;
      return deploy;
    });
  }
  return deploy;
}

function isEnded(deploy: Deploy): boolean {
  return deploy.status === "DEPLOYED" || deploy.status === "FAILED";
}
