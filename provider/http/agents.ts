import http from "node:http";
import https from "node:https";
import { proxyFor } from "./proxy";
import { TunnelAgent } from "./tunnel";

/** How requests to one host leave this machine. */
export interface Route {
  /**
   * Settings of axios: pools of connections, and none of axios's own proxy code, which would send
   * requests for this machine to a proxy as well.
   */
  agents: { httpAgent: http.Agent; httpsAgent: http.Agent; proxy: false };
  /** The proxy in between, as messages may name it. */
  proxy: string | undefined;
  /** Ends the connections. */
  close(): void;
}

/**
 * The route to a host: by the proxy that the environment names for https, and never by one to this
 * machine. Plain http is for this machine only, so it needs none.
 *
 * A certificate is asked for that this machine trusts whatever NODE_TLS_REJECT_UNAUTHORIZED says:
 * tokens and signatures go this way.
 *
 * @throws Error where the environment's proxy cannot be used.
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
