import { TokenBucket } from "limiter";

/**
 * Astro's documented limits for each API token are 25 GET and 10 POST requests a second. In any one
 * second a bucket admits its size plus its rate, which add up to these limits.
 */
const limits = {
  GET: { bucketSize: 5, tokensPerInterval: 20, interval: "second" },
  POST: { bucketSize: 2, tokensPerInterval: 8, interval: "second" },
} as const;

export type Method = keyof typeof limits;

const buckets = new Map<string, TokenBucket>();

/** Waits until a request with this token may be sent. All resources of a process share the limit. */
export async function waitForRateLimit(token: string, method: Method): Promise<void> {
  const key = `${method} ${token}`;
  let bucket = buckets.get(key);
  if (!bucket) {
    bucket = new TokenBucket(limits[method]);
    bucket.content = limits[method].bucketSize;
    buckets.set(key, bucket);
  }
  await bucket.removeTokens(1);
}
