import type { Clock } from "./clock";

/** Requests a second that one token may send. */
export interface RateLimits {
  GET: number;
  POST: number;
  DELETE: number;
}

/** Counts each token's requests over the last second. */
export class RateLimiter {
  readonly #admitted = new Map<string, number[]>();

  constructor(
    private readonly limits: RateLimits | undefined,
    private readonly clock: Clock,
  ) {}

  /** Admits a request, or tells in how many milliseconds the next one would be admitted. */
  admit(token: string, method: string): { waitMs: number } | undefined {
    const limit = this.limits?.[method as keyof RateLimits];
    if (limit === undefined) return undefined;
    const now = this.clock.now();
    const key = `${method} ${token}`;
    const recent = (this.#admitted.get(key) ?? []).filter(
      (time) => time > now - 1000 && time <= now,
    );
    this.#admitted.set(key, recent);
    if (recent.length >= limit) {
      return { waitMs: (recent[recent.length - limit] ?? now) + 1000 - now };
    }
    recent.push(now);
    return undefined;
  }
}
