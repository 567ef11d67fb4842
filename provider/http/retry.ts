import { setTimeout as delay } from "node:timers/promises";

/** The one policy for retries of temporary failures. */
export const retryPolicy = {
  /** The first one included. */
  attempts: 5,
  /** The longest first pause; the limit doubles with each further one. */
  baseDelayMs: 800,
  maxDelayMs: 30_000,
  /** If the server asks for a longer pause, there is no retry: the error says how long. */
  maxRetryAfterMs: 60_000,
  /** No request to Astro's API is retried later than this after its first attempt. */
  requestBudgetMs: 180_000,
} as const;

/** HTTP statuses that mean that the same request may succeed later. */
export const retryableStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** Error codes of Node.js and axios that mean that the network failed, and not the request. */
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

/** Whether to retry after a failed attempt. */
export interface RetryDecision {
  retry: boolean;
  /** How long the server asked to wait before the next attempt, in milliseconds. */
  afterMs?: number | undefined;
}

export interface RetryOptions {
  classify: (error: unknown) => RetryDecision;
  /** Ends the retries, also during a pause. It does not abort an attempt that is running. */
  signal?: AbortSignal;
  /** Default {@link retryPolicy}'s. */
  attempts?: number;
  /** Default `Math.random`. */
  random?: () => number;
  /** Must reject when the signal aborts. Default a timer. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<unknown>;
}

/**
 * Calls `attempt` until it succeeds, fails permanently, or the attempts are used up.
 *
 * @param attempt - Gets its number, from 1.
 * @throws what the last attempt threw, also if the signal ended the pause after it.
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
      const isDue = await sleep(backoffMs(n, afterMs, random), signal).then(
        () => true,
        () => false,
      );
      if (!isDue) throw error;
    }
  }
}

/**
 * How long to wait after the attempt `n`, in milliseconds: a random time up to a limit that
 * doubles, so that many clients do not retry at the same time. If the server asked for a pause, the
 * random time is added to it.
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
 * @param header - Returns a header of the response by its name. A date is counted from the
 *   response's own `Date` header if there is one, since this machine's clock may be wrong.
 * @returns milliseconds, not below 0; undefined if the header is missing or invalid.
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

/** A sentence about a `Retry-After`, with a space before it; empty if there is none. */
export function askedToWait(ms: number | undefined): string {
  return ms === undefined || ms === 0 ? "" : ` It asks to wait ${Math.ceil(ms / 1000)} s.`;
}

/** @returns milliseconds since 1970; undefined if the text is not an HTTP date. */
export function parseHttpDate(text: unknown): number | undefined {
  // Every HTTP date begins with the day of the week; Date.parse alone accepts much that is no date.
  if (typeof text !== "string" || !/^[A-Z][a-z]{2,8},? /.test(text)) return undefined;
  // All three forms are in GMT; the oldest does not say so.
  const time = Date.parse(text.endsWith(" GMT") ? text : `${text} GMT`);
  return Number.isNaN(time) ? undefined : time;
}

function pause(ms: number, signal?: AbortSignal): Promise<unknown> {
  return delay(ms, undefined, signal && { signal });
}
