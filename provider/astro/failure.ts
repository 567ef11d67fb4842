import { isAxiosError } from "axios";
import { ProxyError } from "../http/proxyError";
import { reasonOf } from "../system/deadline";
import { isTlsCode, shortText } from "../http/errorText";
import {
  askedToWait,
  retryableNetworkCodes,
  retryableStatuses,
  readRetryAfter,
} from "../http/retry";
import { apiVersionFacts } from "./apiVersions";
import { AstroError, type FieldError, type RequestOutcome } from "./error";
import { errorBodySchema } from "./responses";
import type { ApiVersion } from "./types";

/** What a request was for, as its errors describe it. */
export interface Operation {
  /** Completes "could not …": `create the deploy`. */
  name: string;
  /** The permission that the operation requires, as Astro documents it. */
  permission: string;
  /** The deploy that it reads or changes. Absent if it concerns the whole Deployment. */
  deployId?: string;
  apiVersion: ApiVersion;
  /** The name of the request's proxy, for messages. */
  proxy: string | undefined;
}

/** Surprises whoever has just changed the stack's configuration. */
const staleSettings =
  "`pulumi refresh` and `pulumi destroy` use the stack's configuration of the last `pulumi up`: run that first, or pass --run-program.";

const advice: Record<number, (operation: Operation, message: string) => string> = {
  401: () =>
    `The token is wrong, expired or revoked: set a valid one as the secret astro:token or as ASTRO_API_TOKEN, or as the argument token of an explicit provider. ${staleSettings}`,
  403: ({ permission }) =>
    `The token is valid but lacks the permission ${permission}: give its role that permission, or use another token.`,
  404: ({ apiVersion, deployId }, message) => {
    const ids = deployId === undefined ? "" : "the id of the deploy, ";
    const check = `Check ${ids}deploymentId and organizationId, and that the token has access to this Deployment.`;
    return unknownId.test(message) ? check : join(check, ifEnded(apiVersion));
  },
  408: () => "The service gave up waiting for the request: try again.",
  410: ({ apiVersion }) => {
    const { end } = apiVersionFacts[apiVersion];
    const next = end && `Set astro:apiVersion to ${end.successor}. ${staleSettings}`;
    return join(`API version ${apiVersion} has ended.`, next);
  },
  429: () =>
    "Too many requests with this token. Other programs may share it: try again in a minute.",
};

/** Astro's message for an unknown id. For an API version that has ended it is another one. */
const unknownId = /\b(organization|deployment|deploy)\b[^/]*\bnot found\b/i;

const serverFault = "The fault is on Astro's side: try again, and see status.astronomer.io.";

/** What an API version that has ended may answer. */
const endedStatuses: ReadonlySet<number> = new Set([404, 410]);

/** What to do if the API version has ended, which a single failure does not show. */
function ifEnded(apiVersion: ApiVersion): string | undefined {
  const { end } = apiVersionFacts[apiVersion];
  return (
    end &&
    `If every request fails like this, API version ${apiVersion} has ended (announced for ${end.month}): set astro:apiVersion to ${end.successor}.`
  );
}

function join(...sentences: (string | undefined)[]): string {
  return sentences.filter(Boolean).join(" ");
}

/** Network errors that happen before a byte of the request is sent. */
const neverSent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
]);

/**
 * Whether the server's certificate was rejected, so that nothing was sent. The errors of OpenSSL
 * (`ERR_SSL_…`, alerts from the server among them) may come after the request.
 */
function isUnverified(code: string): boolean {
  return /CERT|VERIFY/.test(code) && !code.startsWith("ERR_SSL_");
}

/** The error for a request that was ended before its response. */
export function cancelled(
  { name }: Operation,
  outcome: RequestOutcome,
  signal: AbortSignal,
): AstroError {
  return new AstroError(`Could not ${name}: ${reasonOf(signal)}.`, { operation: name, outcome });
}

/** Converts whatever a request threw into an {@link AstroError}. Keeps nothing of the original. */
export function toAstroError(error: unknown, operation: Operation): AstroError {
  if (error instanceof AstroError) return error;
  const failed = `Could not ${operation.name}`;
  if (!isAxiosError(error)) {
    const reason = error instanceof Error ? error.message : String(error);
    return new AstroError(`${failed}: ${reason}`, {
      operation: operation.name,
      outcome: "unknown",
    });
  }
  if (error.cause instanceof ProxyError) {
    const { message, retryable, retryAfterMs } = error.cause;
    return new AstroError(`${failed}: ${message}`, {
      operation: operation.name,
      outcome: "notProcessed",
      retryable,
      retryAfterMs,
    });
  }
  const response = error.response;
  if (!response) {
    const code = error.code ?? "no response";
    const isUnsent = neverSent.has(code) || isUnverified(code);
    return new AstroError(`${failed}: ${networkReason(code, error.message)}`, {
      operation: operation.name,
      outcome: isUnsent ? "notProcessed" : "unknown",
      // ERR_CANCELED: the client's own timeout.
      retryable: retryableNetworkCodes.has(code) || code === "ERR_CANCELED",
    });
  }
  const { status } = response;
  const data: unknown = response.data;
  if (status < 300 || data === undefined) {
    return unreadableAnswer(operation, status, "it is incomplete");
  }
  if (status < 400) {
    return new AstroError(
      `${failed}: ${status}, a redirect. It is not followed, since it would send the token to another address. Check astro:baseUrl.`,
      { operation: operation.name, outcome: "answered" },
    );
  }
  const retryAfterMs = readRetryAfter((name) => response.headers[name] as unknown);
  const parsed = errorBodySchema.safeParse(data);
  if (!parsed.success) return foreignError(operation, status, data, retryAfterMs);
  const { message, requestId, fieldErrors = [] } = parsed.data;
  const said = [message, ...fieldErrors.map(fieldLine)].join("; ");
  const what = `${failed}: ${status} ${said} (request ${requestId}).${askedToWait(retryAfterMs)}`;
  return new AstroError(join(what, adviceFor(status, operation, message)), {
    operation: operation.name,
    outcome: status === 429 ? "notProcessed" : status >= 500 ? "unknown" : "answered",
    retryable: retryableStatuses.has(status),
    mayHaveEnded: endedStatuses.has(status),
    status,
    requestId,
    retryAfterMs,
    fieldErrors,
  });
}

/**
 * The error for a response that is not in Astro's form. It does not show whether Astro processed
 * the request: a firewall may hold back the request, or the response to it.
 */
function foreignError(
  operation: Operation,
  status: number,
  data: unknown,
  retryAfterMs: number | undefined,
): AstroError {
  const said = shortText((data as { message?: unknown } | null)?.message ?? data);
  const retryable = retryableStatuses.has(status);
  const what = `Could not ${operation.name}: ${status}${said ? ` "${said}"` : ""}, which is not a response of Astro's API.${askedToWait(retryAfterMs)}`;
  const next = retryable
    ? "Try again later."
    : [404, 405, 410].includes(status)
      ? ifEnded(operation.apiVersion)
      : undefined;
  return new AstroError(join(what, whoAnswered(operation), next), {
    operation: operation.name,
    outcome: status === 429 ? "notProcessed" : "unknown",
    retryable,
    mayHaveEnded: endedStatuses.has(status),
    retryAfterMs,
  });
}

function whoAnswered({ proxy }: Operation): string {
  return proxy
    ? `It comes from the proxy ${proxy} or from something behind it, or astro:baseUrl is wrong.`
    : "It comes from something between this machine and Astro (for example a firewall), or astro:baseUrl is wrong.";
}

/** The error for a response that is incomplete, or whose body is not as documented. */
export function unreadableAnswer(
  operation: Operation,
  status: number,
  problem: string,
): AstroError {
  const who = operation.proxy
    ? whoAnswered(operation)
    : "A proxy may have changed it, or astro:baseUrl is wrong.";
  return new AstroError(
    `Could not ${operation.name}: the response (${status}) is not as Astro documents it: ${problem}. ${who}`,
    { operation: operation.name, outcome: "unknown", retryable: true },
  );
}

function fieldLine({ field, message }: FieldError): string {
  return `${field}: ${message}`;
}

function adviceFor(status: number, operation: Operation, message: string): string | undefined {
  return advice[status]?.(operation, message) ?? (status >= 500 ? serverFault : undefined);
}

function networkReason(code: string, message: string): string {
  switch (code) {
    case "ECONNREFUSED":
      return "connection refused. Check astro:baseUrl, the network and the proxy settings.";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "the host name cannot be resolved. Check astro:baseUrl, DNS and proxy settings.";
    case "ECONNABORTED":
    case "ETIMEDOUT":
    case "ERR_CANCELED":
      return "no response in time. Raise astro:requestTimeoutSeconds if the network is slow.";
    default:
      return isTlsCode(code)
        ? `no TLS connection (${code}). Check that astro:baseUrl is an https address, and that this machine trusts its certificate (NODE_EXTRA_CA_CERTS adds one).`
        : `${message || code} (${code}).`;
  }
}
