import { askedToWait, retryableNetworkCodes, retryableStatuses, readRetryAfter } from "./retry";
import type { Proxy } from "./proxy";
import { isTlsCode, shortText } from "./errorText";
import { RequestError } from "./requestError";

/** A proxy's response to CONNECT. */
export interface ProxyAnswer {
  statusCode: number;
  statusText: string;
  headers: Readonly<Record<string, unknown>>;
}

/** The error for a CONNECT that the proxy refused. */
export function refusedByProxy(
  { name, variable }: Proxy,
  target: string,
  answer: ProxyAnswer | undefined,
): RequestError {
  const status = answer?.statusCode ?? 0;
  const what = [status, shortText(answer?.statusText)].filter(Boolean).join(" ");
  const retryAfterMs = readRetryAfter((header) => answer?.headers[header]);
  const advice =
    status === 407
      ? `Put a valid user name and password for it into ${variable}, percent-encoded, as USER:PASSWORD@ before its host.`
      : retryableStatuses.has(status)
        ? "Try again later, or ask the proxy's administrator."
        : "Ask the proxy's administrator to allow that host, or add the host to NO_PROXY if it can be reached without a proxy.";
  return new RequestError({
    messageCode: "proxy-failed",
    operation: `connect to ${target}`,
    problem: `the proxy ${name} refused to connect to ${target}: ${what}.${askedToWait(retryAfterMs)}`,
    advice,
    outcome: "notProcessed",
    retryable: retryableStatuses.has(status),
    retryAfterMs,
  });
}

/**
 * The error for a proxy that did not respond to CONNECT.
 *
 * @param code - The network error's code; undefined if the connection was closed.
 */
export function unreachableProxy({ name, variable, url }: Proxy, code = "ECONNRESET") {
  const advice =
    url.protocol === "https:" && isTlsCode(code)
      ? `${variable} says https://, but most proxies are http://, for https hosts too: check it.`
      : `Check ${variable} and the network, or add the host to NO_PROXY if it can be reached without a proxy.`;
  return new RequestError({
    messageCode: "proxy-failed",
    operation: `connect to the proxy ${name}`,
    problem: `the proxy ${name} did not respond (${code}).`,
    advice,
    outcome: "notProcessed",
    retryable: retryableNetworkCodes.has(code),
    code,
  });
}
