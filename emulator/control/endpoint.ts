import type { IncomingMessage } from "node:http";
import { readJson } from "../api/endpoint";
import { ApiError, errorReply } from "../api/errors";
import { patternOf } from "../api/operations";
import { messageOf, type Reply } from "../http";
import { refusalOf } from "./guard";
import { switches, type Controlled } from "./switches";

/** Below this are the switches of a test: what `startEmulator` offers, as JSON over HTTP. */
export const controlPrefix = "/_emulator";

const routes = switches.map((one) => ({ ...one, pattern: patternOf(controlPrefix + one.path) }));

/** Answers requests to the switches. They are not Astro's: no fault hits them, no log has them. */
export async function answerControl(
  controlled: Controlled,
  message: IncomingMessage,
  { pathname, searchParams }: URL,
): Promise<Reply> {
  try {
    const refusal = refusalOf(message, controlled.state.url);
    if (refusal !== undefined) throw new ApiError(403, refusal);
    const body = (await readJson(message)) ?? {};
    if (pathname === controlPrefix) return jsonReply(200, index());
    const matches = routes.filter(({ pattern }) => pattern.test(pathname));
    const route = matches.find(({ method }) => method === message.method);
    if (!route) {
      throw new ApiError(
        matches.length > 0 ? 405 : 404,
        `No such route: ${message.method ?? ""} ${pathname}; GET ${controlPrefix} lists them`,
      );
    }
    const params = { ...route.pattern.exec(pathname)?.groups };
    const answer = await route.run({ ...controlled, params, query: searchParams, body });
    if (route.method !== "GET") await controlled.state.save();
    return answer === undefined ? { status: 204, headers: {}, body: "" } : jsonReply(200, answer);
  } catch (error) {
    if (error instanceof ApiError) return errorReply(error, "v1");
    return errorReply(new ApiError(500, `The emulator failed: ${messageOf(error)}`));
  }
}

const events = { method: "GET", path: "/events", does: "the state as server-sent events" };

function index() {
  return [...switches, events].map(({ method, path, does }) => ({
    method,
    path: controlPrefix + path,
    does,
  }));
}

/** JSON has no infinity: it is a text, as in requests. */
function jsonReply(status: number, value: unknown): Reply {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" },
    body: JSON.stringify(value, (_, one: unknown) => (one === Infinity ? "Infinity" : one)),
  };
}
