import type { IncomingMessage } from "node:http";
import type { Operation } from "./api/operations";
import type { Clock } from "./clock";
import type { Phase } from "./faults";

/** A request that arrived. It holds neither the token nor a signature. */
export interface RecordedRequest {
  operation: Operation;
  method: string;
  /** Without the query. */
  path: string;
  /** Without what signs an upload. */
  query: Record<string, string>;
  /** Without `authorization`. */
  headers: Record<string, string>;
  /** The JSON body; absent for uploads and if there was none. */
  body?: unknown;
  /** Of an upload: the length that was announced. */
  bodyBytes?: number;
  /** Absent while there is no answer, and if none was sent. */
  status?: number;
  /** When it arrived, by the emulator's clock. */
  time: string;
  /** The fault that it met. */
  fault?: string;
}

/** What a listener receives: a request is about to be processed, or its answer is about to be sent. */
export interface RequestEvent {
  operation: Operation;
  phase: Phase;
  request: RecordedRequest;
}

/** The emulator waits for what the listener returns. */
export type RequestListener = (event: RequestEvent) => unknown;

/** Called when a request was answered, or when it is clear that it will not be. */
export type AnswerListener = (request: RecordedRequest) => void;

/** More than any test makes; an emulator that runs for days forgets the oldest. */
const maxRequests = 100_000;

const secretHeaders = new Set(["authorization", "cookie", "proxy-authorization"]);
const signatureParameters = new Set(["sv", "se", "sr", "sp", "sig"]);

/** The requests so far, and those who listen to them. */
export class RequestLog {
  readonly requests: RecordedRequest[] = [];
  readonly #listeners = new Set<RequestListener>();
  readonly #answerListeners = new Set<AnswerListener>();

  constructor(private readonly clock: Clock) {}

  listen(listener: RequestListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  listenToAnswers(listener: AnswerListener): () => void {
    this.#answerListeners.add(listener);
    return () => this.#answerListeners.delete(listener);
  }

  add(operation: Operation, message: IncomingMessage, url: URL): RecordedRequest {
    const headers = Object.entries(message.headersDistinct)
      .filter(([name]) => !secretHeaders.has(name))
      .map(([name, values]) => [name, values?.join(", ") ?? ""]);
    const query = [...url.searchParams].filter(([name]) => !signatureParameters.has(name));
    const request: RecordedRequest = {
      operation,
      method: message.method ?? "",
      path: url.pathname,
      query: Object.fromEntries(query),
      headers: Object.fromEntries(headers) as Record<string, string>,
      time: this.clock.iso(),
    };
    if (this.requests.length === maxRequests) this.requests.shift();
    this.requests.push(request);
    return request;
  }

  answered(request: RecordedRequest): void {
    for (const listener of this.#answerListeners) listener(request);
  }

  async notify(phase: Phase, request: RecordedRequest): Promise<void> {
    for (const listener of this.#listeners) {
      await listener({ operation: request.operation, phase, request });
    }
  }
}
