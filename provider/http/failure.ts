import { isAxiosError } from "axios";
import { reasonOf } from "../system/deadline";
import { isTlsCode, oneLine } from "./errorText";
import { RequestError, type RequestFailure, type RequestOutcome } from "./requestError";
import { askedToWait, retryableNetworkCodes, retryableStatuses, type RetryDecision } from "./retry";

/** A request, for what its errors say of it. */
export interface RequestFacts {
  /** Completes "could not …": `create the deploy`. */
  name: string;
  /** Who is asked: `the store`. */
  service: string;
  /** The setting that has its address, if one has. */
  addressSetting?: string;
  /** The setting that bounds the time of a request, if one does. */
  timeoutSetting?: string;
  /** The name of the request's proxy. */
  proxy: string | undefined;
}

/** Network errors that happen before a byte of the request is sent. */
const neverSent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
]);

/** axios' code for a request that was aborted: by the client's own timeout. */
const abortCode = "ERR_CANCELED";

/**
 * Whether the server's certificate was rejected, so that nothing was sent. The errors of OpenSSL
 * (`ERR_SSL_…`, alerts from the server among them) may come after the request.
 */
function isUnverified(code: string): boolean {
  return /CERT|VERIFY/.test(code) && !code.startsWith("ERR_SSL_");
}

/** A request without a response. Keeps nothing of the error, which may hold a token or a URL. */
export function withoutResponse(request: RequestFacts, error: unknown): RequestFailure {
  const { name: operation } = request;
  const { cause, code, message = String(error) } = error as Partial<NodeJS.ErrnoException>;
  // The proxy did not connect to the service.
  if (cause instanceof RequestError) {
    const { problem, advice, outcome, retryable, retryAfterMs } = cause;
    const { code, messageCode } = cause;
    return { operation, problem, advice, outcome, retryable, retryAfterMs, code, messageCode };
  }
  if (code === undefined || !isAxiosError(error)) {
    const problem = `${oneLine(message, 200) ?? "no response"}.`;
    return { messageCode: "connection-failed", operation, problem, outcome: "unknown", code };
  }
  return {
    operation,
    ...networkProblem(code, message, request),
    outcome: neverSent.has(code) || isUnverified(code) ? "notProcessed" : "unknown",
    retryable: retryableNetworkCodes.has(code) || code === abortCode,
    code,
  };
}

function networkProblem(
  code: string,
  message: string,
  { addressSetting, timeoutSetting }: RequestFacts,
): Pick<RequestFailure, "messageCode" | "problem" | "advice"> {
  const check = addressSetting ? `Check ${addressSetting}, ` : "Check ";
  switch (code) {
    case "ECONNREFUSED":
      return {
        messageCode: "connection-failed",
        problem: "connection refused.",
        advice: `${check}the network and the proxy settings.`,
      };
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return {
        messageCode: "connection-failed",
        problem: "the host name cannot be resolved.",
        advice: `${check}DNS and the proxy settings.`,
      };
    case "ECONNABORTED":
    case "ETIMEDOUT":
    case abortCode:
      return {
        messageCode: "no-response",
        problem: "no response in time.",
        advice: timeoutSetting
          ? `Raise ${timeoutSetting} if the network is slow.`
          : "Check the network and the proxy settings.",
      };
  }
  if (isTlsCode(code)) {
    const address = addressSetting ? `that ${addressSetting} is an https address` : "the proxy";
    const advice = `Check ${address}, and that this machine trusts its certificate (NODE_EXTRA_CA_CERTS adds one).`;
    return { messageCode: "tls-failed", problem: `no TLS connection (${code}).`, advice };
  }
  const isOfSystem = /^E[A-Z]+$/.test(code);
  return {
    messageCode: "connection-failed",
    problem: `${isOfSystem ? "the connection failed" : (oneLine(message, 200) ?? "no response")} (${code}).`,
    advice: "Check the network and the proxy settings.",
  };
}

/** A request that was ended before its response. */
export function cancelled(
  { name: operation }: Pick<RequestFacts, "name">,
  outcome: RequestOutcome,
  signal: AbortSignal,
): RequestFailure {
  return { messageCode: "cancelled", operation, problem: `${reasonOf(signal)}.`, outcome };
}

/** A redirect, which none of the clients follows. */
export function redirected({ name, addressSetting }: RequestFacts, status: number): RequestFailure {
  return {
    messageCode: "foreign-response",
    operation: name,
    problem: `${status}, a redirect. It is not followed, since it would send the credentials to another address.`,
    advice: addressSetting && `Check ${addressSetting}.`,
    outcome: "answered",
  };
}

/**
 * A response that is not in the service's form. It does not show whether the service processed the
 * request: a firewall may hold back the request, or the response to it.
 *
 * @param said - What it says, in short.
 */
export function foreignResponse(
  request: RequestFacts,
  status: number,
  said: string | undefined,
  retryAfterMs: number | undefined,
): RequestFailure {
  const retryable = retryableStatuses.has(status);
  const quoted = said === undefined ? "" : ` "${said}"`;
  return {
    messageCode: "foreign-response",
    operation: request.name,
    problem: `${status}${quoted}, which is not a response of ${request.service}.${askedToWait(retryAfterMs)} ${whoAnswered(request)}`,
    advice: retryable ? "Try again later." : undefined,
    outcome: status === 429 ? "notProcessed" : "unknown",
    retryable,
    retryAfterMs,
  };
}

/** Where a response comes from that is not the service's. */
export function whoAnswered({ service, addressSetting, proxy }: RequestFacts): string {
  const who = proxy
    ? `the proxy ${proxy} or from something behind it`
    : `something between this machine and ${service} (for example a firewall)`;
  return `It comes from ${who}${addressSetting ? `, or ${addressSetting} is wrong` : ""}.`;
}

/** Whether to send a request again that has failed. @param repeatable - Whether a repeat is always safe. */
export function retryDecision(error: unknown, repeatable = true): RetryDecision {
  if (!(error instanceof RequestError)) return { retry: false };
  const isSafe = repeatable || error.outcome === "notProcessed";
  return { retry: error.retryable && isSafe, afterMs: error.retryAfterMs };
}
