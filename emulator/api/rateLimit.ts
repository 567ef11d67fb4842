import type { Clock } from "../clock";
import type { Reply } from "../http";
import type { RateLimits, Settings } from "../options";
import { ApiError, errorReply } from "./errors";

/** Counts each token's requests over the last second. */
export class RateLimiter {
  readonly #admitted = new Map<string, number[]>();

  constructor(
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  /** Admits a request, or answers it with 429. */
  refuse(token: string, method: string): Reply | undefined {
    const limit = this.settings.rateLimit?.[method as keyof RateLimits];
    if (limit === undefined) return undefined;
    const now = this.clock.now();
    const key = `${method} ${token}`;
    const recent = (this.#admitted.get(key) ?? []).filter(
      (time) => time > now - 1000 && time <= now,
    );
    this.#admitted.set(key, recent);
    if (recent.length >= limit) {
      return this.#tooMany((recent[recent.length - limit] ?? now) + 1000 - now);
    }
    recent.push(now);
    return undefined;
  }

  #tooMany(waitMs: number): Reply {
    const { retryAfter, rateLimitBody } = this.settings.behaviour;
    const reply: Reply =
      rateLimitBody === "json"
        ? errorReply(new ApiError(429, "Too many requests"))
        : { status: 429, headers: { "content-type": "text/plain" }, body: "Too Many Requests" };
    const seconds = Math.max(1, Math.ceil(waitMs / 1000));
    if (retryAfter === "seconds") reply.headers["retry-after"] = String(seconds);
    if (retryAfter === "date") {
      reply.headers["retry-after"] = new Date(this.clock.now() + seconds * 1000).toUTCString();
    }
    return reply;
  }
}
