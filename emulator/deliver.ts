import type { ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { BlobError, blobErrorReply } from "./blob/blobError";
import type { FaultKind } from "./faults";
import type { Operation } from "./operations";
import { ApiError, errorReply, json, type Reply } from "./reply";

const page = "<!DOCTYPE html><html><body><h1>Something is in between</h1></body></html>";

/** The answer that a fault puts in the place of `reply`; the same one where it only delays or cuts. */
export function faultyReply(how: FaultKind, operation: Operation, reply: Reply): Reply {
  if (how === "shape") return json(200, { result: { items: [], ok: true } });
  if (how === "html") return htmlReply(200);
  if (typeof how === "string") return reply;
  if ("html" in how) return htmlReply(how.html);
  if (!("status" in how)) return reply;
  const answer =
    how.body === undefined ? defaultError(how.status, operation) : bodyReply(how.status, how.body);
  return { ...answer, headers: { ...answer.headers, ...how.headers } };
}

function htmlReply(status: number): Reply {
  return { status, headers: { "content-type": "text/html" }, body: page };
}

function bodyReply(status: number, body: unknown): Reply {
  return typeof body === "string"
    ? { status, headers: { "content-type": "text/plain" }, body }
    : json(status, body);
}

/** The codes that Azure documents for an upload whose URL is good; a 403 is its firewall's then. */
const blobCodes: Record<number, string> = {
  403: "AuthorizationFailure",
  404: "ContainerNotFound",
  500: "InternalError",
  503: "ServerBusy",
};

function defaultError(status: number, operation: Operation): Reply {
  return operation.startsWith("Put")
    ? blobErrorReply(
        new BlobError(status, blobCodes[status] ?? "InjectedFault", "A fault was asked for."),
      )
    : errorReply(new ApiError(status, "A fault was asked for"), false);
}

/** Sends an answer, or what a fault leaves of it. Resolves when nothing more is to be sent. */
export async function deliver(
  response: ServerResponse,
  reply: Reply,
  how: FaultKind | undefined,
): Promise<void> {
  if (response.destroyed || how === "hang") return;
  if (how === "reset" || (typeof how === "object" && "cutAfterBytes" in how)) {
    response.socket?.resetAndDestroy();
    return;
  }
  const body = Buffer.from(reply.body);
  const announced = how === "truncate" ? body.length + 64 : body.length;
  response.writeHead(reply.status, { ...reply.headers, "content-length": announced });
  if (how === "truncate") {
    response.write(body.subarray(0, Math.ceil(body.length / 2)), () => {
      response.socket?.destroy();
    });
    return;
  }
  if (typeof how === "object" && "trickleMs" in how) {
    for (const byte of body) {
      await wait(how.trickleMs);
      if (response.closed) return;
      response.write(Buffer.of(byte));
    }
    response.end();
    return;
  }
  response.end(body);
}
