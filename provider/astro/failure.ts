import { isAxiosError } from "axios";
import { shortText } from "../http/errorText";
import {
  foreignResponse,
  redirected,
  whoAnswered,
  withoutResponse,
  type RequestFacts,
} from "../http/failure";
import { askedToWait, retryableStatuses, readRetryAfter } from "../http/retry";
import { apiVersionFacts } from "./apiVersions";
import { AstroError, type FieldError } from "./error";
import { errorBodySchema } from "./responses";
import type { ApiVersion } from "./types";
import { type MessageCode } from "../messages";

/** What a request was for, as its errors describe it. */
export interface Operation extends RequestFacts {
  /** The permission that the operation requires, as Astro documents it. */
  permission: string;
  /** The deploy that it reads or changes. Absent if it concerns the whole Deployment. */
  deployId?: string;
  apiVersion: ApiVersion;
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

/** Converts whatever a request threw into an {@link AstroError}. Keeps nothing of the original. */
export function toAstroError(error: unknown, operation: Operation): AstroError {
  const response = isAxiosError(error) ? error.response : undefined;
  if (!response) return new AstroError(withoutResponse(operation, error));
  const { status } = response;
  const data: unknown = response.data;
  if (status < 300 || data === undefined) {
    return unreadableAnswer(operation, status, "it is incomplete");
  }
  if (status < 400) return new AstroError(redirected(operation, status));
  const mayHaveEnded = endedStatuses.has(status);
  const retryAfterMs = readRetryAfter((name) => response.headers[name] as unknown);
  const parsed = errorBodySchema.safeParse(data);
  if (!parsed.success) {
    const { message = data } = Object(data) as { message?: unknown };
    const failure = foreignResponse(operation, status, shortText(message), retryAfterMs);
    const ended = [404, 405, 410].includes(status) ? ifEnded(operation.apiVersion) : undefined;
    return new AstroError({ ...failure, advice: failure.advice ?? ended }, mayHaveEnded);
  }
  const { message, requestId, fieldErrors = [] } = parsed.data;
  const said = [message, ...fieldErrors.map(fieldLine)].join("; ");
  const failure = {
    messageCode: codeFor(status),
    operation: operation.name,
    problem: `${status} ${said} (request ${requestId}).${askedToWait(retryAfterMs)}`,
    advice: adviceFor(status, operation, message),
    outcome: status === 429 ? "notProcessed" : status >= 500 ? "unknown" : "answered",
    retryable: retryableStatuses.has(status),
    status,
    requestId,
    retryAfterMs,
  } as const;
  return new AstroError(failure, mayHaveEnded, fieldErrors);
}

/** The error for a response that is incomplete, or whose body is not as documented. */
export function unreadableAnswer(
  operation: Operation,
  status: number,
  problem: string,
): AstroError {
  return new AstroError({
    messageCode: "foreign-response",
    operation: operation.name,
    problem: `the response (${status}) is not as Astro documents it: ${problem}.`,
    advice: operation.proxy
      ? whoAnswered(operation)
      : "A proxy may have changed it, or astro:baseUrl is wrong.",
    outcome: "unknown",
    retryable: true,
  });
}

const codes: Partial<Record<number, MessageCode>> = {
  401: "token-rejected",
  403: "permission-missing",
  404: "not-found",
  410: "version-ended",
  429: "rate-limited",
};

function codeFor(status: number): MessageCode {
  const isFault = status >= 500 || status === 408;
  return codes[status] ?? (isFault ? "astro-failed" : "request-rejected");
}

function fieldLine({ field, message }: FieldError): string {
  return `${field}: ${message}`;
}

function adviceFor(status: number, operation: Operation, message: string): string | undefined {
  return advice[status]?.(operation, message) ?? (status >= 500 ? serverFault : undefined);
}
