import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import { HttpsProxyAgent } from "https-proxy-agent";
import type { Proxy } from "./proxy";
import { refusedByProxy, unreachableProxy, type ProxyAnswer } from "./proxyError";

type ConnectOptions = Parameters<HttpsProxyAgent<string>["connect"]>[1];

/** How long a proxy may take to connect to a host, in milliseconds. */
const defaultLimitMs = 20_000;

/** Connects to https hosts through a proxy. Throws what `proxyError.ts` makes if that fails. */
export class TunnelAgent extends HttpsProxyAgent<string> {
  constructor(
    private readonly to: Proxy,
    private readonly limitMs = defaultLimitMs,
  ) {
    const { credentials } = to;
    const login = credentials && `Basic ${Buffer.from(credentials).toString("base64")}`;
    super(to.url, {
      keepAlive: true,
      rejectUnauthorized: true,
      ...(login !== undefined && { headers: { "Proxy-Authorization": login } }),
    });
  }

  override async connect(request: ClientRequest, options: ConnectOptions): Promise<Socket> {
    const host = options.host ?? "";
    const target = `${host.includes(":") ? `[${host}]` : host}:${options.port}`;
    const limit = new AbortController();
    const timer = setTimeout(() => {
      limit.abort();
    }, this.limitMs);
    // The library reads it before its first await, so each connection gets its own.
    Object.assign(this.connectOpts, { signal: limit.signal });
    let answer: ProxyAnswer | undefined;
    request.once("proxyConnect", (received: ProxyAnswer) => (answer = received));
    try {
      const socket = await super.connect(request, {
        ...options,
        // The library does neither by itself: it has no TLS options for the host, and Node.js would
        // look for the proxy's name in the certificate of a host that is an IP address.
        rejectUnauthorized: true,
        checkServerIdentity: (_: string, certificate: PeerCertificate) =>
          checkServerIdentity(host, certificate),
      } as ConnectOptions);
      if (answer?.statusCode === 200) return socket;
      // The library would return the proxy's response as if it were the host's.
      socket.destroy();
    } catch (error) {
      throw unreachableProxy(this.to, limit.signal.aborted ? "ETIMEDOUT" : codeOf(error));
    } finally {
      clearTimeout(timer);
    }
    throw refusedByProxy(this.to, target, answer);
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
