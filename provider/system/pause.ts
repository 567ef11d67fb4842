import { setTimeout as sleep } from "node:timers/promises";

/** @throws Error if the signal aborts meanwhile. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {
    throw new Error("it was cancelled.");
  });
}
