import { askedToWait, retryableNetworkCodes, retryableStatuses, readRetryAfter } from "./retry";
import type { Proxy } from "./proxy";
import { shortText } from "./shortText";
import { isTlsCode } from "./tlsCode";

/** What a proxy answers to CONNECT. */
export interface ProxyAnswer {
  statusCode: number;
  statusText: string;
  headers: Readonly<Record<string, unknown>>;
}

interface Failure {
  code?: string | undefined;
  retryable: boolean;
  retryAfterMs?: number | undefined;
}

/**
 * A proxy through which a host could not be reached: nothing was sent to the host. The message names
 * the proxy, and completes "Could not …:".
 */
export class ProxyError extends Error {
  override readonly name = "ProxyError";
  /** The network's word for it, where the proxy gave no answer. */
  readonly code: string | undefined;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** How long the proxy asks to wait before the next request, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, { code, retryable, retryAfterMs }: Failure) {
    super(message);
    this.code = code;
    this.retryable = retryable;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The error for a CONNECT that the proxy refused. */
export function refusedByProxy(
  { name, variable }: Proxy,
  target: string,
  answer: ProxyAnswer | undefined,
): ProxyError {
  const status = answer?.statusCode ?? 0;
  const what = [status, shortText(answer?.statusText)].filter(Boolean).join(" ");
  const retryAfterMs = readRetryAfter((header) => answer?.headers[header]);
  const advice =
    status === 407
      ? `Put a valid user name and password for it into ${variable}, percent-encoded, as USER:PASSWORD@ before its host.`
      : retryableStatuses.has(status)
        ? "It may not reach that host: try again later, or ask whoever runs it."
        : "Have whoever runs it allow that host, or name the host in NO_PROXY if it can be reached without a proxy.";
  return new ProxyError(
    `the proxy ${name} refused to connect to ${target}: ${what}.${askedToWait(retryAfterMs)} ${advice}`,
    { retryable: retryableStatuses.has(status), retryAfterMs },
  );
}

/**
 * The error for a proxy that gave no answer to CONNECT.
 *
 * @param code - The network's word for the reason; undefined where the connection was closed.
 */
export function unreachableProxy({ name, variable, url }: Proxy, code = "ECONNRESET"): ProxyError {
  const advice =
    url.protocol === "https:" && isTlsCode(code)
      ? `Is it an https proxy? ${variable} names it so; most are http://, for https hosts too.`
      : `Check ${variable} and the network, or name the host in NO_PROXY if it can be reached without a proxy.`;
  return new ProxyError(`the proxy ${name} gave no answer (${code}). ${advice}`, {
    code,
    retryable: retryableNetworkCodes.has(code),
  });
}
