import { RequestError } from "../../http/requestError";
import { pause } from "../../system/pause";
import type { Session } from "../session";
import { CodedError } from "../../messages";

/** How often to ask: soon at first, since a DAG-only deploy can take seconds, then ever more rarely. */
const polling = { firstMs: 500, factor: 1.5, maxMs: 15_000 };

/** A random time, so that many clients do not ask at once. */
function pauseMs(polls: number): number {
  const jitter = 0.75 + Math.random() / 2;
  return Math.min(polling.firstMs * polling.factor ** polls, polling.maxMs) * jitter;
}

/** Each read gets at least so many milliseconds, even if the wait ends sooner. */
const minReadMs = 1000;

/** How long to wait, and what a person can do to wait longer. */
export interface WaitLimit {
  /** In milliseconds since 1970. */
  deadline: number;
  /** The whole of it, in milliseconds. */
  ms: number;
  /** What to do if it was too short. */
  advice: string;
}

interface Poll<T> {
  /** @param deadline - When to give up, in milliseconds since 1970. */
  read: (deadline: number) => Promise<T>;
  /** May throw, if what is waited for can no longer come. */
  isOver: (value: T) => boolean;
  /** What there is instead; completes "… after 1800 s". */
  describe: (value: T) => string;
  /** Default `astro:deployTimeoutSeconds` from now. */
  limit?: WaitLimit | undefined;
  /** Whether temporary failures of a read are waited for, too. Default if the wait is about to end. */
  isPatient?: boolean;
}

/** How long to wait for what Astro does by itself: `astro:deployTimeoutSeconds` from now. */
export function deployLimit({ settings: { deployTimeoutMs: ms } }: Session): WaitLimit {
  const advice = "Astro may yet finish it; raise astro:deployTimeoutSeconds to wait longer.";
  return { deadline: Date.now() + ms, ms, advice };
}

/**
 * Reads something again and again until it is as it is waited for.
 *
 * @param first - What was read already, so that nothing is asked if there is nothing to wait for.
 * @throws Error if it is not so in time.
 */
export async function poll<T>(
  session: Session,
  first: T | undefined,
  { read, isOver, describe, limit = deployLimit(session), isPatient = false }: Poll<T>,
): Promise<T> {
  const { deadline, ms, advice } = limit;
  let value = first;
  let fault: Error | undefined;
  for (let polls = 0; value === undefined || !isOver(value); polls++) {
    const isNext = first !== undefined || polls > 0;
    const left = deadline - Date.now();
    // What was never asked for is asked once: its time may have gone by for something else.
    if (left <= 0 && isNext) {
      const what = value === undefined ? "there was no answer" : describe(value);
      const unread = fault ? ` ${fault.message}` : "";
      throw new CodedError(
        "not-in-time",
        `${what} after ${Math.round(ms / 1000)} s.${unread} ${advice}`,
      );
    }
    const asked = fault instanceof RequestError ? (fault.retryAfterMs ?? 0) : 0;
    if (isNext) await pause(Math.min(Math.max(pauseMs(polls), asked), left), session.signal);
    try {
      value = await read(Math.max(deadline, Date.now() + minReadMs));
      fault = undefined;
    } catch (error) {
      // Its time may have been cut short by the end of the wait.
      const isOwn = Date.now() + minReadMs >= deadline;
      const isTemporary = error instanceof RequestError && error.retryable;
      if (!(error instanceof Error) || !(isOwn || (isPatient && isTemporary))) throw error;
      fault = error;
    }
  }
  return value;
}
