import { TokenBucket } from "limiter";
import { unlessAborted } from "../system/pause";

/**
 * Astro's documented limits for each API token are 25 GET, 10 POST and 5 DELETE requests a second. In
 * any one second a bucket admits its size plus its rate, which add up to these limits.
 */
const limits = {
  GET: { bucketSize: 5, tokensPerInterval: 20, interval: "second" },
  POST: { bucketSize: 2, tokensPerInterval: 8, interval: "second" },
  DELETE: { bucketSize: 1, tokensPerInterval: 4, interval: "second" },
} as const;

export type Method = keyof typeof limits;

/** Keeps the requests with one token below the limits. */
export class RateLimit {
  readonly #buckets = {
    GET: fullBucket("GET"),
    POST: fullBucket("POST"),
    DELETE: fullBucket("DELETE"),
  };

  /** Waits until a request may be sent, or the signal aborts. */
  async wait(method: Method, signal?: AbortSignal): Promise<void> {
    const turn = this.#buckets[method].removeTokens(1);
    await (signal ? unlessAborted(turn, signal).catch(() => undefined) : turn);
  }
}

function fullBucket(method: Method): TokenBucket {
  const bucket = new TokenBucket(limits[method]);
  bucket.content = limits[method].bucketSize;
  return bucket;
}
