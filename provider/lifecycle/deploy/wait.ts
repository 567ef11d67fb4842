import type { DeployRef } from "../../astro/client";
import type { Deploy } from "../../astro/types";
import { pause } from "../../system/pause";
import type { Session } from "../session";
import { pollPauseMs } from "./polling";

/** Each read of the deploy gets at least so many milliseconds, even if the wait ends sooner. */
const minReadMs = 1000;

/**
 * Waits for the deploy's own status, not the Deployment's health: a Deployment is still healthy
 * from before while a deploy is under way.
 *
 * @param refusal - Why the deploy may never come to its end; part of the error if it does not.
 * @returns the deploy with status `DEPLOYED` or `FAILED`.
 * @throws Error if it is neither after `astro:deployTimeoutSeconds`.
 */
export async function waitForEnd(
  session: Session,
  ref: DeployRef,
  created: Deploy,
  refusal?: Error,
): Promise<Deploy> {
  const timeoutMs = session.settings.deployTimeoutMs;
  const deadline = Date.now() + timeoutMs;
  let deploy = created;
  let fault: Error | undefined;
  for (let polls = 0; !isEnded(deploy); polls++) {
    const left = deadline - Date.now();
    if (left <= 0) {
      const before = refusal ? `${refusal.message} It was ` : "it is ";
      const unread = fault ? ` ${fault.message}` : "";
      throw new Error(
        `${before}still ${deploy.status} after ${Math.round(timeoutMs / 1000)} s.${unread} Astro may yet finish it; raise astro:deployTimeoutSeconds to wait longer.`,
      );
    }
    await pause(Math.min(pollPauseMs(polls), left), session.signal);
    const end = Math.max(deadline, Date.now() + minReadMs);
    try {
      deploy = await session.client().getDeploy(ref, end);
      fault = undefined;
    } catch (error) {
      // Its time may have been cut short by the end of the wait.
      if (!(error instanceof Error) || Date.now() + minReadMs < deadline) throw error;
      fault = error;
    }
  }
  return deploy;
}

function isEnded(deploy: Deploy): boolean {
  return deploy.status === "DEPLOYED" || deploy.status === "FAILED";
}
