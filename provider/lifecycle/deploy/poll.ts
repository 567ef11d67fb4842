import { pause } from "../../system/pause";
import type { Session } from "../session";

/** How often to ask: soon at first, since a DAG-only deploy can take seconds, then ever more rarely. */
const polling = { firstMs: 500, factor: 1.5, maxMs: 15_000 };

/**
 * How long to wait before the next poll, in milliseconds: a random time, so that many clients do not
 * ask at once.
 *
 * @param polls - How many there were.
 */
export function pollPauseMs(polls: number): number {
  const jitter = 0.75 + Math.random() / 2;
  return Math.min(polling.firstMs * polling.factor ** polls, polling.maxMs) * jitter;
}

/** Each read gets at least so many milliseconds, even if the wait ends sooner. */
const minReadMs = 1000;

interface Poll<T> {
  /** @param deadline - When to give up, in milliseconds since 1970. */
  read: (deadline: number) => Promise<T>;
  /** May throw, if what is waited for can no longer come. */
  isOver: (value: T) => boolean;
  /** What there is instead; completes "… after 1800 s". */
  describe: (value: T) => string;
  /** In milliseconds since 1970. Default `astro:deployTimeoutSeconds` from now. */
  deadline?: number;
}

/**
 * Reads something again and again until it is as it is waited for.
 *
 * @param first - What was read already, so that nothing is asked if there is nothing to wait for.
 * @throws Error if it is not so after `astro:deployTimeoutSeconds`.
 */
export async function poll<T>(
  { settings, signal }: Session,
  first: T,
  { read, isOver, describe, deadline = Date.now() + settings.deployTimeoutMs }: Poll<T>,
): Promise<T> {
  let value = first;
  let fault: Error | undefined;
  for (let polls = 0; !isOver(value); polls++) {
    const left = deadline - Date.now();
    if (left <= 0) {
      const unread = fault ? ` ${fault.message}` : "";
      throw new Error(
        `${describe(value)} after ${Math.round(settings.deployTimeoutMs / 1000)} s.${unread} Astro may yet finish it; raise astro:deployTimeoutSeconds to wait longer.`,
      );
    }
    await pause(Math.min(pollPauseMs(polls), left), signal);
    const end = Math.max(deadline, Date.now() + minReadMs);
    try {
      value = await read(end);
      fault = undefined;
    } catch (error) {
      // Its time may have been cut short by the end of the wait.
      if (!(error instanceof Error) || Date.now() + minReadMs < deadline) throw error;
      fault = error;
    }
  }
  return value;
}
