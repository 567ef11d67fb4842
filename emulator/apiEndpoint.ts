import type { IncomingMessage } from "node:http";
import type { Handler } from "./api/call";
import type { ApiVersion } from "./options";
import { RateLimiter } from "./rateLimit";
import { ApiError, errorReply, type Reply } from "./reply";
import type { World } from "./world";

/** A request that the router knows. */
export interface ApiRequest {
  apiVersion: ApiVersion;
  handler: Handler;
  /** The status if something in the path does not exist. */
  absent: number;
  params: Readonly<Record<string, string | undefined>>;
  query: URLSearchParams;
  /** The body, or why it could not be read. */
  body: { value?: unknown; error?: Error };
}

/** The API: what comes before a handler (token, rate limit) and after (errors as answers). */
export class ApiEndpoint {
  readonly #limiter: RateLimiter;

  constructor(private readonly world: World) {
    this.#limiter = new RateLimiter(world.settings.rateLimit, world.clock);
  }

  async handle(message: IncomingMessage, request: ApiRequest): Promise<Reply> {
    const { apiVersion, handler, params, query } = request;
    const isV1 = apiVersion === "v1";
    const ended = this.world.settings.behaviour.endedVersions[apiVersion];
    if (ended !== undefined) {
      return errorReply(new ApiError(ended, `API version ${apiVersion} has ended`), isV1);
    }
    try {
      const token = this.world.tokens.find(message.headers.authorization);
      if (!token) throw new ApiError(401, "Invalid or missing API token");
      const refused = this.#limiter.admit(token.token, message.method ?? "");
      if (refused) return this.#tooMany(refused.waitMs);
      if (request.body.error) throw request.body.error;
      // The service's binding takes a missing body for an empty object.
      const body = request.body.value ?? {};
      return await handler({ world: this.world, apiVersion, token, params, query, body });
    } catch (error) {
      const refusal = asApiError(error);
      const status = refusal.status === 404 ? request.absent : refusal.status;
      return errorReply(new ApiError(status, refusal.message, refusal.fieldErrors), isV1);
    }
  }

  #tooMany(waitMs: number): Reply {
    const { retryAfter, rateLimitBody } = this.world.settings.behaviour;
    const seconds = Math.max(1, Math.ceil(waitMs / 1000));
    const until = new Date(this.world.clock.now() + seconds * 1000).toUTCString();
    const headers: Record<string, string> =
      retryAfter === "none"
        ? {}
        : { "retry-after": retryAfter === "seconds" ? String(seconds) : until };
    if (rateLimitBody === "json") {
      const reply = errorReply(new ApiError(429, "Too many requests"), false);
      return { ...reply, headers: { ...reply.headers, ...headers } };
    }
    return {
      status: 429,
      headers: { "content-type": "text/plain", ...headers },
      body: "Too Many Requests",
    };
  }
}

/** The answer to a path that does not exist. */
export function notFound(method: string, path: string): Reply {
  return errorReply(new ApiError(404, `No such route: ${method} ${path}`), false);
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new ApiError(500, `The emulator failed: ${text}`);
}
