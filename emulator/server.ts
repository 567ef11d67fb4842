import {
  createServer as createPlainServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { answerAirflow, findAirflowRequest } from "./airflow/endpoint";
import { airflowPrefix } from "./airflow/parsing";
import { ApiEndpoint, readJson } from "./api/endpoint";
import { ApiError, errorReply } from "./api/errors";
import { findOperation, type Operation } from "./api/operations";
import { BlobEndpoint, blobOperationOf } from "./blob/endpoint";
import { blobPrefix } from "./blob/uploadUrl";
import { answerControl, controlPrefix } from "./control/endpoint";
import { streamEvents } from "./control/events";
import { answerPage } from "./control/page";
import type { Controlled } from "./control/switches";
import { describeFault, Faults, faultyReply, isAnswer, isUpload, send } from "./faults";
import { urlOf } from "./hosts";
import { json, messageOf, type Reply } from "./http";
import { packageVersion } from "./package";
import { RequestLog, type RecordedRequest } from "./requestLog";
import type { EmulatorState } from "./state/state";

/** What a request is, and how to answer it. */
interface Route {
  operation: Operation;
  /** @param body - The JSON of a request that is no upload. */
  process: (body: Promise<unknown>) => Promise<Reply>;
}

/** The API and the blob endpoint on one port, with what a test sees and does to them. */
export class EmulatorServer {
  readonly faults = new Faults();
  readonly requestLog: RequestLog;
  readonly #api: ApiEndpoint;
  readonly #blobs: BlobEndpoint;
  readonly #server: Server;
  #refuses = false;

  constructor(private readonly state: EmulatorState) {
    this.#api = new ApiEndpoint(state);
    this.#blobs = new BlobEndpoint(state);
    this.requestLog = new RequestLog(state.clock);
    const { tls } = state.settings;
    const handle: RequestListener = (message, response) => {
      this.#handle(message, response).catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain" });
        response.end(`The emulator failed: ${messageOf(error)}`);
      });
    };
    this.#server = tls ? createTlsServer(tls, handle) : createPlainServer(handle);
    // Longer than any pause of a client: a connection that closes just then looks like a fault.
    this.#server.keepAliveTimeout = 60_000;
  }

  /** Starts to listen, and tells the state its URL. */
  async listen(): Promise<void> {
    const { host, port, publicUrl, tls } = this.state.settings;
    await this.#listen(port);
    const address = this.#server.address() as AddressInfo;
    this.state.url = publicUrl ?? urlOf(tls ? "https" : "http", host, address.port);
  }

  #listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, this.state.settings.host, resolve);
    });
  }

  /**
   * Stops to listen, and ends each open connection with its next answer.
   *
   * @returns a function that listens again.
   */
  refuse(): () => Promise<void> {
    const { port } = this.#server.address() as AddressInfo;
    this.#refuses = true;
    this.#server.close();
    return async () => {
      if (!this.#refuses) return;
      this.#refuses = false;
      await this.#listen(port);
    };
  }

  /** Stops to listen and cuts every connection, those that hang included. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    this.#server.closeAllConnections();
    await closed;
  }

  async #handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client that goes away is no error of ours.
    response.on("error", () => undefined);
    response.sendDate = false;
    response.setHeader("date", new Date(this.state.clock.now()).toUTCString());
    const target = message.url ?? "/";
    const url = new URL(target.startsWith("/") ? `http://emulator${target}` : target);
    if (message.method === "GET" && url.pathname === `${controlPrefix}/events`) {
      streamEvents(this.#controlled, message, response);
      return;
    }
    const own = await this.#answerOwn(message, url);
    if (own) {
      await send(response, own, undefined);
      return;
    }
    const { operation, process } = this.#route(message, url);
    const request = this.requestLog.add(operation, message, url);
    let body: Promise<unknown> = Promise.resolve();
    if (isUpload(operation)) {
      // Uploads are read where they are stored.
      request.bodyBytes = Number(message.headers["content-length"] ?? 0);
    } else {
      body = readJson(message);
      const value = await body.catch(() => undefined);
      if (value !== undefined) request.body = value;
    }

    try {
      await this.#answer(message, response, request, body, process);
    } finally {
      this.requestLog.answered(request);
    }
  }

  async #answer(
    message: IncomingMessage,
    response: ServerResponse,
    request: RecordedRequest,
    body: Promise<unknown>,
    process: Route["process"],
  ): Promise<void> {
    const { operation } = request;
    await this.requestLog.notify("before", request);
    let reply: Reply = { status: 200, headers: {}, body: "" };
    let how = this.faults.hit(operation, "before");
    if (how === undefined) {
      try {
        reply = await process(body);
      } catch {
        // The connection broke off: nobody is left to answer.
        response.destroy();
        return;
      }
      await this.requestLog.notify("after", request);
      how = this.faults.hit(operation, "after");
    } else if (typeof how === "object" && "cutAfterBytes" in how) {
      await discard(message, how.cutAfterBytes);
    }
    if (how !== undefined) {
      request.fault = describeFault(how);
      reply = faultyReply(how, operation, reply);
    }
    if (isAnswer(how)) request.status = reply.status;
    if (this.#refuses) response.shouldKeepAlive = false;
    await send(response, reply, how);
  }

  /** What is not Astro's: whether it runs, the page, and the switches. No fault hits it, no log has it. */
  async #answerOwn(message: IncomingMessage, url: URL): Promise<Reply | undefined> {
    const { pathname } = url;
    if (pathname === "/health") return json(200, { status: "ok", version: packageVersion() });
    const isControl = pathname === controlPrefix || pathname.startsWith(`${controlPrefix}/`);
    if (isControl) return answerControl(this.#controlled, message, url);
    return answerPage(message, pathname, this.state.url);
  }

  get #controlled(): Controlled {
    return { state: this.state, faults: this.faults, requestLog: this.requestLog };
  }

  #route(message: IncomingMessage, { pathname, searchParams }: URL): Route {
    const method = message.method ?? "";
    if (pathname.startsWith(blobPrefix)) {
      const upload = method === "PUT" ? blobOperationOf(searchParams) : undefined;
      return {
        operation: upload ?? "Unknown",
        process: () => this.#blobs.handle(message, pathname, searchParams),
      };
    }
    if (pathname.startsWith(airflowPrefix)) {
      const airflow = method === "GET" ? findAirflowRequest(pathname) : undefined;
      return {
        operation: airflow?.operation ?? "Unknown",
        process: () => answerAirflow(this.state, message, airflow, searchParams),
      };
    }
    const match = findOperation(method, pathname);
    if (match) {
      return {
        operation: match.operation,
        process: (body) => this.#api.handle(message, match, searchParams, body),
      };
    }
    const unknown = new ApiError(404, `No such route: ${method} ${pathname}`);
    return { operation: "Unknown", process: () => Promise.resolve(errorReply(unknown)) };
  }
}

/** Takes in so many bytes of a body, and forgets them. */
async function discard(message: IncomingMessage, bytes: number): Promise<void> {
  let received = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    received += chunk.length;
    if (received >= bytes) return;
  }
}
