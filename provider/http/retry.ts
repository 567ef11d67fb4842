import { setTimeout as delay } from "node:timers/promises";

/** The one policy for repeating what failed for a reason that may pass. */
export const retryPolicy = {
  /** Tries in all, the first among them. */
  attempts: 5,
  /** The most that the first pause may last; each further one may last twice as long. */
  baseDelayMs: 800,
  maxDelayMs: 30_000,
  /** A server that asks for a longer pause than this is not asked again: its error says how long. */
  maxRetryAfterMs: 60_000,
  /** No request to Astro's API is repeated later than this after its first attempt. */
  requestBudgetMs: 180_000,
} as const;

/** HTTP statuses that say that the same request may succeed later. */
export const retryableStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** Codes of errors of Node.js and axios that say that the network, not the request, was at fault. */
export const retryableNetworkCodes: ReadonlySet<string> = new Set([
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ERR_BAD_RESPONSE",
  "ERR_NETWORK",
  "ERR_SOCKET_CONNECTION_TIMEOUT",
  "ETIMEDOUT",
]);

/** What is to be done about a failed attempt. */
export interface RetryDecision {
  retry: boolean;
  /** What the server asked to wait before the next attempt, in milliseconds. */
  afterMs?: number | undefined;
}

export interface RetryOptions {
  classify: (error: unknown) => RetryDecision;
  /** Ends the retries, also in the middle of a pause. An attempt under way is its own affair. */
  signal?: AbortSignal;
  /** Default {@link retryPolicy}'s. */
  attempts?: number;
  /** Default `Math.random`. */
  random?: () => number;
  /** Default waits on the clock; must reject when the signal aborts. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<unknown>;
}

/**
 * Calls `attempt` until it succeeds, its failure is not one that passes, or the attempts are used
 * up.
 *
 * @param attempt Is given its number, from 1.
 * @throws what the last attempt threw, also where the signal ended the pause after it.
 */
export async function retry<T>(
  attempt: (n: number) => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  const { classify, signal, attempts = retryPolicy.attempts, random = Math.random } = options;
  const sleep = options.sleep ?? pause;
  for (let n = 1; ; n++) {
    try {
      return await attempt(n);
    } catch (error) {
      if (n >= attempts || signal?.aborted) throw error;
      const { retry: again, afterMs } = classify(error);
      if (!again || (afterMs ?? 0) > retryPolicy.maxRetryAfterMs) throw error;
      const rested = await sleep(backoffMs(n, afterMs, random), signal).then(
        () => true,
        () => false,
      );
      if (!rested) throw error;
    }
  }
}

/**
 * How long to wait after the attempt `n`, in milliseconds: anything up to a limit that doubles, so
 * that many clients do not come back at the same time. What the server asked for is waited for
 * first, and the clients are spread after it.
 */
export function backoffMs(n: number, afterMs?: number, random = Math.random): number {
  const { baseDelayMs, maxDelayMs } = retryPolicy;
  if (afterMs !== undefined) return afterMs + random() * baseDelayMs;
  return random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (n - 1));
}

/**
 * Reads a `Retry-After` header in either of its forms, a number of seconds or an HTTP date
 * (RFC 9110, section 10.2.3).
 *
 * @param header Gives a header of the answer by its name. A date is counted from the answer's own
 *   `Date`, where it has one: this machine's clock may be off.
 * @returns milliseconds, not below 0; undefined where there is no such header or it is invalid.
 */
export function readRetryAfter(header: (name: string) => unknown): number | undefined {
  const value = header("retry-after");
  const text = typeof value === "string" ? value.trim() : "";
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const time = parseHttpDate(text);
  return time === undefined
    ? undefined
    : Math.max(0, time - (parseHttpDate(header("date")) ?? Date.now()));
}

/** Completes a message with what a server asked for by `Retry-After`, if it did. */
export function askedToWait(ms: number | undefined): string {
  return ms === undefined || ms === 0 ? "" : ` It asks to wait ${Math.ceil(ms / 1000)} s.`;
}

/** @returns milliseconds since 1970; undefined for what is no HTTP date. */
export function parseHttpDate(text: unknown): number | undefined {
  // Every HTTP date begins with the day of the week; Date.parse alone takes much else for a date.
  if (typeof text !== "string" || !/^[A-Z][a-z]{2,8},? /.test(text)) return undefined;
  // All three forms are in GMT; the oldest does not say so.
  const time = Date.parse(text.endsWith(" GMT") ? text : `${text} GMT`);
  return Number.isNaN(time) ? undefined : time;
}

function pause(ms: number, signal?: AbortSignal): Promise<unknown> {
  return delay(ms, undefined, signal && { signal });
}
