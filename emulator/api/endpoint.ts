import type { IncomingMessage } from "node:http";
import { messageOf, readBody, type Reply } from "../http";
import type { EmulatorState } from "../state/state";
import { Call } from "./call";
import { ApiError, errorReply } from "./errors";
import type { Match } from "./operations";
import { RateLimiter } from "./rateLimit";

/** Requests are small: what is larger is a mistake. */
const maxBodyBytes = 1024 * 1024;

/**
 * Reads a JSON body; `undefined` if there is none.
 *
 * @throws ApiError 400 if it is not JSON, 413 if it is too large.
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request, maxBodyBytes);
  if (!body) throw new ApiError(413, "Request body too large");
  if (body.length === 0) return undefined;
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/json\b/i.test(type)) {
    throw new ApiError(400, "Invalid request: content-type must be application/json");
  }
  try {
    return JSON.parse(body.toString("utf8")) as unknown;
  } catch {
    throw new ApiError(400, "Invalid request: the body is not JSON");
  }
}

/** The API: what comes before a handler (token, rate limit) and after (errors as answers). */
export class ApiEndpoint {
  readonly #limiter: RateLimiter;

  constructor(private readonly state: EmulatorState) {
    this.#limiter = new RateLimiter(state.settings, state.clock);
  }

  /** @param body - Rejects if the body could not be read. */
  async handle(
    message: IncomingMessage,
    match: Match,
    query: URLSearchParams,
    body: Promise<unknown>,
  ): Promise<Reply> {
    const { apiVersion, params, permission, handler, notFound = 404 } = match;
    const ended = this.state.settings.behaviour.endedVersions[apiVersion];
    if (ended !== undefined) {
      return errorReply(new ApiError(ended, `API version ${apiVersion} has ended`), apiVersion);
    }
    try {
      const token = this.state.tokens.find(message.headers.authorization);
      if (!token) throw new ApiError(401, "Invalid or missing API token");
      const refused = this.#limiter.refuse(token.token, match.method);
      if (refused) return refused;
      // The service's binding takes a missing body for an empty object.
      const content = (await body) ?? {};
      const call = new Call(this.state, apiVersion, token, params, query, content);
      call.authorize(permission);
      return await handler(call);
    } catch (error) {
      const { status, message, fieldErrors } = asApiError(error);
      const shown = status === 404 ? notFound : status;
      return errorReply(new ApiError(shown, message, fieldErrors), apiVersion);
    }
  }
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(500, `The emulator failed: ${messageOf(error)}`);
}
