import { isAxiosError } from "axios";
import { ProxyError } from "../http/proxyError";
import { shortText } from "../http/shortText";
import { isTlsCode } from "../http/tlsCode";
import { redact } from "../http/redact";
import {
  askedToWait,
  retryableNetworkCodes,
  retryableStatuses,
  readRetryAfter,
} from "../http/retry";
import { apiVersionFacts } from "./apiVersions";
import { errorBodySchema } from "./responses";
import type { ApiVersion } from "./types";

/** What is known of a request that failed. */
export type RequestOutcome =
  /** The service answered with an error. */
  | "answered"
  /** It never reached the service, or was turned away unread: asking again is safe. */
  | "notProcessed"
  /** No answer that can be understood: the service may or may not have done it. */
  | "unknown";

/** One problem with one field of a request (API version v1). */
export interface FieldError {
  field: string;
  message: string;
}

interface AstroErrorDetails {
  operation: string;
  outcome: RequestOutcome;
  retryable?: boolean;
  status?: number | undefined;
  requestId?: string | undefined;
  retryAfterMs?: number | undefined;
  fieldErrors?: FieldError[] | undefined;
}

/**
 * A request to Astro that failed.
 *
 * The first line of `message` says what was being done, what happened and what to do next. No
 * token and no signed URL occurs in any property.
 */
export class AstroError extends Error {
  override readonly name = "AstroError";
  /** What was being done, in words: `create the deploy`. */
  readonly operation: string;
  readonly outcome: RequestOutcome;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** HTTP status of Astro's own answer. What a proxy or a firewall answers says nothing of a deploy. */
  readonly status: number | undefined;
  /** The service's own id of the request: what Astronomer's support asks for. */
  readonly requestId: string | undefined;
  /** How long the service asks to wait before the next request (`Retry-After`), in milliseconds. */
  readonly retryAfterMs: number | undefined;
  readonly fieldErrors: readonly FieldError[];

  constructor(message: string, details: AstroErrorDetails) {
    super(redact(message));
    this.operation = details.operation;
    this.outcome = details.outcome;
    this.retryable = details.retryable ?? false;
    this.status = details.status;
    this.requestId = details.requestId && redact(details.requestId);
    this.retryAfterMs = details.retryAfterMs;
    this.fieldErrors = (details.fieldErrors ?? []).map(({ field, message }) => ({
      field: redact(field),
      message: redact(message),
    }));
  }
}

/** What a request was for: the words and the permission that its errors name. */
export interface Operation {
  /** Completes "could not …": `create the deploy`. */
  name: string;
  /** The permission the service asks for, by its documentation. */
  permission: string;
  apiVersion: ApiVersion;
  /** The proxy that the request goes through, as messages may name it. */
  proxy: string | undefined;
}

/** What the engine does with a stack's configuration, which surprises whoever has just changed it. */
const staleSettings =
  "`pulumi refresh` and `pulumi destroy` take the stack's configuration from the last `pulumi up`, unless they are run with --run-program.";

const advice: Record<number, (operation: Operation) => string> = {
  401: () =>
    `The token is missing, wrong, expired or revoked: set a valid one as the secret astro:token or as ASTRO_API_TOKEN. ${staleSettings}`,
  403: ({ permission }) =>
    `The token is valid but lacks the permission ${permission}: give its role that permission, or use another token.`,
  404: ({ apiVersion }) =>
    `Check organizationId, deploymentId and the deploy's id if one is named (for example rollbackTo), and that the token's Workspace holds this Deployment.${endOf(
      apiVersion,
      (end) => ` Where everything answers 404: ${end} ${staleSettings}`,
    )}`,
  408: () => "The service gave up waiting for the request: try again.",
  410: ({ apiVersion }) =>
    `API version ${apiVersion} is gone.${endOf(apiVersion, (end) => ` ${end} ${staleSettings}`)}`,
  429: () =>
    "Too many requests with this token. Other programs may share it: try again in a minute.",
};

const serverFault = "The fault is on Astro's side: try again, and see status.astronomer.io.";

/** Says something of the end of an API version, if it has one. */
function endOf(apiVersion: ApiVersion, say: (end: string) => string): string {
  const { end } = apiVersionFacts[apiVersion];
  return end === undefined ? "" : say(end);
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
 * Whether the server's certificate was not accepted, upon which nothing is sent. What OpenSSL reports
 * (`ERR_SSL_…`), alerts of the server's among it, may come after the request.
 */
function isUnverified(code: string): boolean {
  return /CERT|VERIFY/.test(code) && !code.startsWith("ERR_SSL_");
}

/** Makes the one error type out of whatever a request threw. Keeps nothing of the original. */
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
    const code = error.code ?? "no answer";
    const isUnsent = neverSent.has(code) || isUnverified(code);
    return new AstroError(`${failed}: ${networkReason(code, error.message)}`, {
      operation: operation.name,
      outcome: isUnsent ? "notProcessed" : "unknown",
      // The client's own limit of time ends a request so.
      retryable: retryableNetworkCodes.has(code) || code === "ERR_CANCELED",
    });
  }
  const { status } = response;
  const data: unknown = response.data;
  if (status < 300 || data === undefined) {
    return unreadableAnswer(operation, status, "it ends too early");
  }
  if (status < 400) {
    return new AstroError(
      `${failed}: ${status}, a redirect, which is not followed since it would carry the token elsewhere. Check astro:baseUrl.`,
      { operation: operation.name, outcome: "answered" },
    );
  }
  const retryAfterMs = readRetryAfter((name) => response.headers[name] as unknown);
  const parsed = errorBodySchema.safeParse(data);
  if (!parsed.success) return foreignError(operation, status, data, retryAfterMs);
  const { message, requestId, fieldErrors = [] } = parsed.data;
  const said = [message, ...fieldErrors.map(fieldLine)].join("; ");
  const hint = adviceFor(status, operation);
  const first = `${failed}: ${status} ${said} (request ${requestId}).${askedToWait(retryAfterMs)}`;
  return new AstroError(hint ? `${first} ${hint}` : first, {
    operation: operation.name,
    outcome: status === 429 ? "notProcessed" : status >= 500 ? "unknown" : "answered",
    retryable: retryableStatuses.has(status),
    status,
    requestId,
    retryAfterMs,
    fieldErrors,
  });
}

/**
 * The error for an answer that is not in Astro's form. Whether Astro has processed the request cannot
 * be told: a firewall may hold back a request, or the answer to it.
 */
function foreignError(
  operation: Operation,
  status: number,
  data: unknown,
  retryAfterMs: number | undefined,
): AstroError {
  const said = shortText((data as { message?: unknown } | null)?.message ?? data);
  const retryable = retryableStatuses.has(status);
  const advice = retryable
    ? "Try again later."
    : [404, 405, 410].includes(status)
      ? endOf(operation.apiVersion, (end) => end)
      : undefined;
  const sentences = [
    `Could not ${operation.name}: ${status}${said ? ` "${said}"` : ""}, which is not an answer in Astro's form.${askedToWait(retryAfterMs)}`,
    whoAnswered(operation),
    advice,
  ];
  return new AstroError(sentences.filter(Boolean).join(" "), {
    operation: operation.name,
    outcome: status === 429 ? "notProcessed" : "unknown",
    retryable,
    retryAfterMs,
  });
}

function whoAnswered({ proxy }: Operation): string {
  return proxy
    ? `It comes from the proxy ${proxy} or from something behind it, or astro:baseUrl points elsewhere.`
    : "It comes from something between this machine and Astro, a firewall for example, or astro:baseUrl points elsewhere.";
}

/** An answer that was cut off, or whose status is good and whose body is not what the service documents. */
export function unreadableAnswer(
  operation: Operation,
  status: number,
  problem: string,
): AstroError {
  const who = operation.proxy
    ? whoAnswered(operation)
    : "Is a proxy in between, or does astro:baseUrl point elsewhere?";
  return new AstroError(
    `Could not ${operation.name}: the answer (${status}) is not what Astro documents: ${problem}. ${who}`,
    { operation: operation.name, outcome: "unknown", retryable: true },
  );
}

function fieldLine({ field, message }: FieldError): string {
  return `${field}: ${message}`;
}

function adviceFor(status: number, operation: Operation): string | undefined {
  return advice[status]?.(operation) ?? (status >= 500 ? serverFault : undefined);
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
      return "no answer in time. Raise astro:requestTimeoutSeconds if the network is slow.";
    default:
      return isTlsCode(code)
        ? `no TLS connection (${code}). Check that astro:baseUrl is an https address, and that this machine trusts its certificate (NODE_EXTRA_CA_CERTS adds one).`
        : `${message || code} (${code}).`;
  }
}
