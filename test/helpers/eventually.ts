import { setTimeout as sleep } from "node:timers/promises";

/**
 * Waits for what another process or connection does in its own time.
 *
 * @param what - What is waited for, for the error.
 * @param timeoutMs - Beyond what a busy machine needs. Default a minute.
 */
export async function eventually(
  condition: () => unknown,
  what: string,
  timeoutMs = 60_000,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
    await sleep(20);
  }
}
