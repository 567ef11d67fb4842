import http from "node:http";
import https from "node:https";
import { proxyFor } from "./proxy";
import { TunnelAgent } from "./tunnel";

/** How requests reach one host. */
export interface Route {
  /**
   * Settings of axios: connection pools, and `proxy: false`, since axios's own proxy code would
   * send requests for this machine to a proxy as well.
   */
  agents: { httpAgent: http.Agent; httpsAgent: http.Agent; proxy: false };
  /** The proxy's name for messages. */
  proxy: string | undefined;
  /** Closes the connections. */
  close(): void;
}

/**
 * The route to a host: through the environment's proxy for https, but to this machine never through
 * a proxy. Plain http is for this machine only, so it needs none.
 *
 * Certificates are verified whatever NODE_TLS_REJECT_UNAUTHORIZED says, since tokens and signatures
 * are sent.
 *
 * @throws Error if the environment's proxy cannot be used.
 */
export function routeTo(url: string): Route {
  const proxy = proxyFor(new URL(url));
  const httpAgent = new http.Agent({ keepAlive: true });
  const httpsAgent = proxy
    ? new TunnelAgent(proxy)
    : new https.Agent({ keepAlive: true, rejectUnauthorized: true });
  return {
    agents: { httpAgent, httpsAgent, proxy: false },
    proxy: proxy?.name,
    close: () => {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}
