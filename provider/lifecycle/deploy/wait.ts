import type { DeployRef } from "../../astro/client";
import type { Deploy } from "../../astro/types";
import type { Session } from "../session";
import { poll, type WaitLimit } from "./poll";

/**
 * Waits for the deploy's own status, not the Deployment's health: a Deployment is still healthy
 * from before while a deploy is under way.
 *
 * @param options - With the `refusal` why the deploy may never come to its end, which is part of the
 *   error if it does not.
 * @returns the deploy with status `DEPLOYED` or `FAILED`.
 * @throws Error if it is neither after `astro:deployTimeoutSeconds`.
 */
export function waitForEnd(
  session: Session,
  ref: DeployRef,
  created: Deploy,
  { refusal, limit }: { refusal?: Error | undefined; limit?: WaitLimit } = {},
): Promise<Deploy> {
  const before = refusal ? `${refusal.message} It was ` : "it is ";
  return poll(session, created, {
    limit,
    read: (deadline) => session.client().getDeploy(ref, deadline),
    isOver: ({ status }) => status === "DEPLOYED" || status === "FAILED",
    describe: ({ status }) => `${before}still ${status}`,
  });
}
