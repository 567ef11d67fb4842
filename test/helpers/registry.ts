import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import {
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline, Transform } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { hashSync } from "bcryptjs";
import { eventually } from "./eventually";

/** What a push asks of a registry, in its order. */
export type RegistryCall = "ping" | "blob" | "manifest";

export interface RegistryFault {
  call: RegistryCall;
  /**
   * `after`: the registry has processed the request, and the answer is lost. `shape`: JSON that is no
   * answer to it. `trickleMs`: the answer's body comes byte by byte.
   */
  how:
    | "reset"
    | "reset after"
    | "hang"
    | "hang after"
    | "html"
    | "shape"
    | "truncate"
    | { status: number; headers?: Record<string, string> }
    | { trickleMs: number };
  /** How many requests it hits. Default all, until {@link Registry.mend}. */
  times?: number;
  /** How many such requests it lets pass first. Default 0. */
  skip?: number;
}

/** Which call of a push a request is. */
export function registryCallOf(method: string, url: string): RegistryCall | undefined {
  if (/^\/v2\/?$/.test(url)) return "ping";
  if (url.includes("/blobs/uploads/")) return "blob";
  return method === "PUT" ? "manifest" : undefined;
}

/**
 * A real registry, Debian's `docker-registry`, that asks for a password. Requests come to it by way
 * of this process, where tests look at them and disturb them.
 */
export class Registry {
  readonly #folder = mkdtempSync(join(tmpdir(), "astro-registry-"));
  readonly #socket = join(this.#folder, "socket");
  readonly #front: Server = createServer((incoming, answer) => {
    this.#pass(incoming, answer);
  });
  #process: ChildProcess | undefined;
  #fault: Required<RegistryFault> | undefined;
  #refuses = false;
  /** `PUT /v2/acme/etl/manifests/1`, for example. */
  readonly requests: string[] = [];
  /** Called when a request has come in. */
  onRequest: (() => void) | undefined;
  /** `127.0.0.1:40000`, for example. */
  address = "";

  private constructor(
    readonly username: string,
    readonly password: string,
  ) {}

  /** @param port - Default any. */
  static async start(username: string, password: string, port = 0): Promise<Registry> {
    const registry = new Registry(username, password);
    registry.#front.listen(port, "127.0.0.1");
    await once(registry.#front, "listening");
    registry.address = `127.0.0.1:${(registry.#front.address() as AddressInfo).port}`;
    await registry.#serve();
    return registry;
  }

  async #serve(): Promise<void> {
    const path = (name: string) => join(this.#folder, name);
    writeFileSync(path("htpasswd"), `${this.username}:${hashSync(this.password, 4)}\n`);
    // Every YAML reader takes JSON.
    const settings = {
      version: 0.1,
      log: { level: "error", accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: path("data") } },
      // A socket is its own alone, as no port is before it is taken.
      http: { net: "unix", addr: this.#socket, relativeurls: true },
      auth: { htpasswd: { realm: "test", path: path("htpasswd") } },
    };
    writeFileSync(path("config.yml"), JSON.stringify(settings));
    // It says on its standard output what it is asked.
    const child = spawn("docker-registry", ["serve", path("config.yml")], { stdio: "ignore" });
    this.#process = child;
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error("docker-registry ended at once");
      return this.#listens();
    }, "docker-registry listens");
  }

  #listens(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.#socket);
      socket.on("connect", () => {
        socket.end();
        resolve(true);
      });
      socket.on("error", () => {
        resolve(false);
      });
    });
  }

  /** The digest under a tag, whatever is disturbed. */
  async digest(repository: string, tag: string): Promise<string | undefined> {
    const asked = request({
      socketPath: this.#socket,
      method: "HEAD",
      path: `/v2/${repository}/manifests/${tag}`,
      auth: `${this.username}:${this.password}`,
      headers: {
        host: this.address,
        accept: [
          "application/vnd.oci.image.manifest.v1+json",
          "application/vnd.oci.image.index.v1+json",
          "application/vnd.docker.distribution.manifest.v2+json",
        ].join(", "),
      },
    });
    const [answer] = (await once(asked.end(), "response")) as [IncomingMessage];
    answer.resume();
    const { "docker-content-digest": digest } = answer.headers;
    return typeof digest === "string" ? digest : undefined;
  }

  fail(fault: RegistryFault): void {
    this.#fault = { times: Infinity, skip: 0, ...fault };
  }
  /** Refuses connections until {@link mend}; those that are open end with their next answer. */
  refuse(): void {
    this.#refuses = true;
    this.#front.close();
  }
  mend(): void {
    this.#fault = undefined;
    if (!this.#refuses) return;
    this.#refuses = false;
    this.#front.listen(Number(this.address.split(":")[1]), "127.0.0.1");
  }

  #pass(incoming: IncomingMessage, answer: ServerResponse): void {
    const { method = "", url = "" } = incoming;
    this.requests.push(`${method} ${url}`);
    this.onRequest?.();
    const fault = this.#hits(method, url);
    if (fault !== undefined && !isOfAnswer(fault)) {
      disturb(fault, incoming, answer);
      return;
    }
    const options = { socketPath: this.#socket, method, path: url, headers: incoming.headers };
    const passed = request(options, (reply) => {
      if (fault === "reset after" || fault === "hang after") {
        reply.resume().on("end", () => {
          if (fault === "reset after") incoming.socket.destroy();
        });
        return;
      }
      // Also for what was asked before the refusal.
      if (this.#refuses) answer.shouldKeepAlive = false;
      answer.writeHead(reply.statusCode ?? 500, {
        ...reply.headers,
        ...(fault === "truncate" && { "content-length": "1000" }),
      });
      if (fault === "truncate") answer.write("{", () => incoming.socket.destroy());
      else if (fault) pipeline(reply, byteByByte(fault.trickleMs), answer, () => undefined);
      else reply.pipe(answer);
    });
    passed.on("error", () => incoming.socket.destroy());
    incoming.on("close", () => {
      if (!incoming.complete) passed.destroy();
    });
    incoming.pipe(passed);
  }

  #hits(method: string, url: string): RegistryFault["how"] | undefined {
    const fault = this.#fault;
    const isMeant = fault?.call === registryCallOf(method, url);
    if (!fault || !isMeant || fault.times === 0) return undefined;
    if (fault.skip > 0) {
      fault.skip--;
      return undefined;
    }
    fault.times--;
    return fault.how;
  }

  async stop(): Promise<void> {
    this.#front.closeAllConnections();
    this.#front.close();
    if (this.#process?.exitCode === null) {
      const ended = once(this.#process, "close");
      this.#process.kill();
      await ended;
    }
    rmSync(this.#folder, { recursive: true });
  }

  /** What the registry keeps on its disk is what was pushed, whatever it answered. */
  manifestBytes(digest: string): Buffer {
    const hex = digest.replace("sha256:", "");
    const path = ["data", "docker", "registry", "v2", "blobs", "sha256", hex.slice(0, 2), hex];
    return readFileSync(join(this.#folder, ...path, "data"));
  }
}

type OfAnswer = "reset after" | "hang after" | "truncate" | { trickleMs: number };

/** Whether a fault changes the answer to a request that is passed on. */
function isOfAnswer(how: RegistryFault["how"]): how is OfAnswer {
  return typeof how === "object"
    ? "trickleMs" in how
    : ["reset after", "hang after", "truncate"].includes(how);
}

function disturb(
  how: Exclude<RegistryFault["how"], OfAnswer>,
  incoming: IncomingMessage,
  answer: ServerResponse,
): void {
  if (how === "reset") incoming.socket.destroy();
  else if (how === "html") {
    answer.writeHead(200, { "content-type": "text/html" }).end("<html>proxy</html>");
  } else if (how === "shape") {
    answer.writeHead(200, { "content-type": "application/json" }).end('{"result":{"ok":true}}');
  } else if (how !== "hang") {
    answer
      .writeHead(how.status, { "content-type": "application/json", ...how.headers })
      .end('{"errors":[]}');
  }
}

function byteByByte(pauseMs: number): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const push = async () => {
        for (const byte of chunk) {
          await sleep(pauseMs);
          if (this.destroyed) return;
          this.push(Buffer.of(byte));
        }
      };
      void push().then(() => {
        done();
      }, done);
    },
  });
}
