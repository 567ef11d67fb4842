import type { ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { ApiError, errorReply } from "./api/errors";
import type { Operation } from "./api/operations";
import { BlobError, blobErrorReply } from "./blob/errors";
import { json, type Reply } from "./http";
import { Injections } from "./injections";

/**
 * What goes wrong.
 *
 * - `{ status }`: this answer; without `body`, the error object of the service or the blob store.
 * - `"reset"`: the connection is cut, with no answer.
 * - `"hang"`: no answer, and the connection stays open.
 * - `"truncate"`: the answer announces more bytes than it sends, then the connection is cut.
 * - `"html"`, `{ html }`: a page of a gateway with status 200, or the given one.
 * - `"shape"`: status 200 with JSON that is not what the operation answers.
 * - `{ trickleMs }`: the answer comes byte by byte, with so many milliseconds in between.
 * - `{ cutAfterBytes }`: the connection is cut when so many bytes of an upload have arrived.
 */
export type FaultKind =
  | { status: number; body?: unknown; headers?: Record<string, string> | undefined }
  | "reset"
  | "hang"
  | "truncate"
  | "html"
  | { html: number }
  | "shape"
  | { trickleMs: number }
  | { cutAfterBytes: number };

/** A fault to inject. */
export interface Fault {
  operation: Operation | "*";
  /** How many requests it hits. Default 1. */
  times?: number | undefined;
  /** How many requests it lets pass first. Default 0. */
  skip?: number | undefined;
  /**
   * `before`: the request is not processed. `after`: it is, and its answer is lost or changed.
   * `truncate` and `trickleMs` change an answer, so they are always `after`. Default `before`.
   */
  when?: "before" | "after" | undefined;
  how: FaultKind;
}

export type Phase = "before" | "after";

function phaseOf({ how, when }: Fault): Phase {
  const changesAnswer = how === "truncate" || (typeof how === "object" && "trickleMs" in how);
  return changesAnswer ? "after" : (when ?? "before");
}

/** The faults to inject, in the order in which they were asked for. */
export class Faults extends Injections<Fault> {
  /** The fault that hits this request in this phase. */
  hit(operation: Operation, phase: Phase): FaultKind | undefined {
    const fault = this.take(
      (one) => (one.operation === "*" || one.operation === operation) && phaseOf(one) === phase,
    );
    return fault?.how;
  }
}

const page = "<!DOCTYPE html><html><body><h1>Something is in between</h1></body></html>";

/** The answer that a fault puts in the place of `reply`; the same one if it only delays or cuts. */
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
  if (!isUpload(operation)) return errorReply(new ApiError(status, "A fault was asked for"));
  const code = blobCodes[status] ?? "InjectedFault";
  return blobErrorReply(new BlobError(status, code, "A fault was asked for."));
}

export function isUpload(operation: Operation): boolean {
  return operation.startsWith("Put");
}

/** Whether the client gets an answer in spite of the fault. */
export function isAnswer(how: FaultKind | undefined): boolean {
  return how !== "reset" && how !== "hang" && !(typeof how === "object" && "cutAfterBytes" in how);
}

/** A fault in a word. */
export function describeFault(how: FaultKind): string {
  if (typeof how === "string") return how;
  if ("status" in how) return `status ${how.status}`;
  return Object.entries(how)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ");
}

/** Sends an answer, or what a fault leaves of it. Resolves when nothing more is to be sent. */
export async function send(
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
