import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import createRouter, { type HTTPMethod } from "find-my-way";
import { ApiEndpoint, notFound } from "./apiEndpoint";
import { BlobEndpoint, blobOperationOf } from "./blob/endpoint";
import { deliver, faultyReply } from "./deliver";
import { Faults, type FaultKind } from "./faults";
import { readJson } from "./jsonBody";
import { bases, routes, type ApiOperation, type Operation } from "./operations";
import type { ApiVersion } from "./options";
import { Recorder } from "./recorder";
import type { Reply } from "./reply";
import type { Handler } from "./api/call";
import type { World } from "./world";

/** What the router keeps with a path. */
interface Target {
  apiVersion: ApiVersion;
  operation: ApiOperation;
  handler: Handler;
  absent: number;
}

interface Routed {
  operation: Operation;
  process: (body: Outcome<unknown>) => Promise<Reply>;
}

const nothing: Reply = { status: 200, headers: {}, body: "" };

/** Below this lies the blob endpoint. */
const blobPrefix = "/blob/";

/** The two endpoints on one port, with what a test sees and does to them. */
export class EmulatorServer {
  readonly faults = new Faults();
  readonly recorder = new Recorder();
  readonly #router = createRouter();
  readonly #api: ApiEndpoint;
  readonly #blobs: BlobEndpoint;
  readonly #server: Server;
  #refuses = false;

  constructor(private readonly world: World) {
    this.#api = new ApiEndpoint(world);
    this.#blobs = new BlobEndpoint(world.blobs, world.signingKey, world.clock, () => world.save());
    for (const { operation, method, path, handler, absent = 404 } of routes) {
      for (const apiVersion of ["v1beta1", "v1"] as const) {
        const target: Target = { apiVersion, operation, handler, absent };
        this.#router.on(method, bases[apiVersion] + path, () => undefined, target);
      }
    }
    this.#server = createServer((message, response) => {
      this.#handle(message, response).catch((error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain" });
        response.end(`The emulator failed: ${text}`);
      });
    });
    // Longer than any pause of a client: a connection that closes just then looks like a fault.
    this.#server.keepAliveTimeout = 60_000;
  }

  /** Starts to listen, and tells the world its URL. */
  async listen(): Promise<void> {
    const { host, port } = this.world.settings;
    await this.#listen(port);
    const address = this.#server.address() as AddressInfo;
    this.world.url = `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`;
  }

  #listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, this.world.settings.host, resolve);
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
    response.setHeader("date", new Date(this.world.clock.now()).toUTCString());
    const target = message.url ?? "/";
    const url = new URL(target.startsWith("/") ? `http://emulator${target}` : target);
    const { operation, process } = this.#route(message, url);
    const request = this.recorder.record(operation, message, url);
    // Bodies of the API are small and read at once; uploads are read where they are stored.
    const body = isUpload(operation) ? undefined : await outcomeOf(readJson(message));
    if (body?.value !== undefined) request.body = body.value;
    if (!body) request.bodyBytes = Number(message.headers["content-length"] ?? 0);

    await this.recorder.tell("before", request);
    let how = this.faults.take(operation, "before");
    let reply = nothing;
    if (how === undefined) {
      const processed = await outcomeOf(process(body ?? {}));
      if (!processed.value) {
        response.destroy();
        return;
      }
      reply = processed.value;
      await this.recorder.tell("after", request);
      how = this.faults.take(operation, "after");
    } else if (typeof how === "object" && "cutAfterBytes" in how) {
      await receive(message, how.cutAfterBytes);
    }
    if (how !== undefined) reply = faultyReply(how, operation, reply);
    if (isAnswer(how)) request.status = reply.status;
    if (this.#refuses) response.shouldKeepAlive = false;
    await deliver(response, reply, how);
  }

  #route(message: IncomingMessage, url: URL): Routed {
    const method = message.method ?? "";
    const path = url.pathname;
    if (path.startsWith(blobPrefix)) {
      return {
        operation: method === "PUT" ? (blobOperationOf(url.searchParams) ?? "Unknown") : "Unknown",
        process: () => this.#blobs.handle(message, path, url.searchParams),
      };
    }
    const found = this.#router.find(method as HTTPMethod, path);
    if (!found) {
      return {
        operation: "Unknown",
        process: () => Promise.resolve(notFound(method, path)),
      };
    }
    const { apiVersion, operation, handler, absent } = found.store as Target;
    const { params } = found;
    const query = url.searchParams;
    return {
      operation,
      process: (body) =>
        this.#api.handle(message, { apiVersion, handler, absent, params, query, body }),
    };
  }
}

/** What a promise came to. */
interface Outcome<T> {
  value?: T;
  error?: Error;
}

async function outcomeOf<T>(promise: Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}

function isUpload(operation: Operation): boolean {
  return operation.startsWith("Put");
}

function isAnswer(how: FaultKind | undefined): boolean {
  return how !== "reset" && how !== "hang" && !(typeof how === "object" && "cutAfterBytes" in how);
}

/** Takes in so many bytes of a body, and forgets them. */
async function receive(message: IncomingMessage, bytes: number): Promise<void> {
  let received = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    received += chunk.length;
    if (received >= bytes) return;
  }
}
