import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A request as it arrived. */
export interface Received {
  method: string;
  url: URL;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** What the store does with a request: a status with headers and a body, or anything else. */
export type Answer =
  | { status: number; headers?: Record<string, string>; body?: string }
  | ((response: ServerResponse, socket: Socket) => void);

export const created: Answer = {
  status: 201,
  headers: { "x-ms-version-id": "2026-01-02T03:04:05.0000001Z" },
};

/** What a signed URL must not give away. */
export const signature = "s3cr3tS1gnature/withSlash==";
/** A server on a real socket that answers as a test tells it to, and keeps what it was sent. */
export class ScriptedStore {
  readonly received: Received[] = [];
  /** Answers by turn; the last one is for all that follow. */
  answers: Answer[] = [created];
  /** Answers as soon as the headers are there, with the body still on its way. */
  early = false;
  /** When its URLs expire: their `se`. */
  expiry = new Date(Date.now() + 3_600_000);
  private server: Server | undefined;
  private count = 0;

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      const received: Received = {
        method: request.method ?? "",
        url: new URL(request.url ?? "", "http://store"),
        headers: request.headers,
        body: Buffer.alloc(0),
      };
      this.received.push(received);
      const answer = this.answers[Math.min(this.count++, this.answers.length - 1)] ?? created;
      const give = () => {
        if (typeof answer === "function") answer(response, request.socket);
        else response.writeHead(answer.status, answer.headers).end(answer.body);
      };
      if (this.early) give();
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        received.body = Buffer.concat(chunks);
        if (!this.early) give();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.server = server;
  }

  /** A signed URL of this store. */
  get url(): string {
    const { port } = this.server?.address() as AddressInfo;
    const query = new URLSearchParams({
      sv: "2024-11-04",
      sp: "cw",
      se: this.expiry.toISOString(),
      sig: signature,
    });
    return `http://127.0.0.1:${port}/container/deploy.tar.gz?${query.toString()}`;
  }

  /** How many connections are open. */
  connections(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server?.getConnections((error, count) => {
        if (error) reject(error);
        else resolve(count);
      });
    });
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (!server) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
