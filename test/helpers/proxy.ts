import { createServer, type IncomingMessage, type Server } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";

/** What a proxy does with a request to connect: `true` lets it through. */
export type ProxyAnswer =
  | true
  | { status: number; reason?: string; headers?: Record<string, string> }
  /** Closes the connection. */
  | "reset"
  /** Never answers. */
  | "hang";

/** An HTTP proxy on a real socket, which tunnels as a test tells it to. */
export class Proxy {
  /** What it was asked to connect to, and any plain request: `CONNECT a.test:443`, `GET http://…`. */
  readonly asked: string[] = [];
  /** The credentials it was given, decoded: `user:password`. */
  readonly credentials: (string | undefined)[] = [];
  /** The headers that plain requests had: what goes to such a proxy in the clear. */
  readonly seen: string[] = [];
  /** Where a host is, by its name and port; others are where they say. */
  hosts: Record<string, number> = {};
  /** By the target (`a.test:443`). */
  answer: (target: string) => ProxyAnswer = () => true;
  readonly #sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Proxy> {
    const server = createServer();
    const proxy = new Proxy(server);
    server.on("connection", (socket) => {
      proxy.#keep(socket);
    });
    server.on("connect", (request) => {
      proxy.#connect(request, request.socket);
    });
    server.on("request", (request, response) => {
      proxy.asked.push(`${request.method ?? ""} ${request.url ?? ""}`);
      proxy.seen.push(JSON.stringify(request.headers));
      response.writeHead(502, { "content-type": "text/html" });
      response.end("<html><title>Plain requests are not taken</title></html>");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
  }

  #connect(request: IncomingMessage, socket: Socket): void {
    const target = request.url ?? "";
    this.asked.push(`CONNECT ${target}`);
    const [, login] = /^Basic (.*)$/.exec(request.headers["proxy-authorization"] ?? "") ?? [];
    this.credentials.push(login && Buffer.from(login, "base64").toString("utf8"));
    const answer = this.answer(target);
    if (answer === "hang") return;
    if (answer === "reset") {
      socket.destroy();
      return;
    }
    if (answer !== true) {
      const { status, reason = "", headers = {} } = answer;
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.end(`HTTP/1.1 ${status} ${reason}\r\n${lines.join("")}content-length: 0\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`http://${target}`);
    const mapped = this.hosts[target];
    const there = connect(mapped ?? (Number(port) || 80), mapped ? "127.0.0.1" : hostname);
    this.#keep(there);
    there.once("connect", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(there).pipe(socket);
    });
    there.once("error", () => socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
    socket.once("close", () => there.destroy());
    there.once("close", () => socket.destroy());
  }
}
