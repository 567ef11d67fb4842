import type { ProxyError } from "../http/proxyError";
import { shortText } from "../http/errorText";
import {
  askedToWait,
  retryableNetworkCodes,
  retryableStatuses,
  readRetryAfter,
} from "../http/retry";

const urlExpired =
  "The upload URL has expired, or its signature was rejected: only a new deploy gets a new URL.";

interface UploadFailure {
  status?: number | undefined;
  code?: string | undefined;
  requestId?: string | undefined;
  retryAfterMs?: number | undefined;
  retryable?: boolean;
  expired?: boolean;
}

/**
 * An upload that failed. Its text is our own, with values of the store's headers. Of the URL it has
 * the host only, since the rest permits writing to the store.
 */
export class UploadError extends Error {
  override readonly name = "UploadError";
  /** HTTP status of the response, which may be the store's or, for example, a proxy's. */
  readonly status: number | undefined;
  /** The store's error code (`AuthenticationFailed`), or the network error's (`ECONNRESET`). */
  readonly code: string | undefined;
  /** The store's id of the request. */
  readonly requestId: string | undefined;
  /** How long the store asks to wait before the next request (`Retry-After`), in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** Whether the URL cannot be used any more, so that only a new deploy gets another one. */
  readonly expired: boolean;

  constructor(message: string, failure: UploadFailure = {}) {
    super(message);
    this.status = failure.status;
    this.code = failure.code;
    this.requestId = failure.requestId;
    this.retryAfterMs = failure.retryAfterMs;
    this.retryable = failure.retryable ?? false;
    this.expired = failure.expired ?? false;
  }
}

/** A response, as far as an error needs it. */
export interface StoreResponse {
  status: number;
  body: string;
  header: (name: string) => string | undefined;
  /** The name of the request's proxy, for messages. */
  proxy: string | undefined;
}

/**
 * The store's error codes for a signature that is invalid, or that does not permit an upload. Not
 * `AuthorizationFailure`, the code of its firewall, which its owner can open.
 */
const signatureCodes = new Set([
  "AuthenticationFailed",
  "AuthorizationPermissionMismatch",
  "AuthorizationProtocolMismatch",
  "AuthorizationResourceTypeMismatch",
  "AuthorizationServiceMismatch",
]);

/**
 * The error for a response other than success.
 *
 * @param hasExpired - Whether the URL's time is over.
 */
export function rejectedUpload(
  host: string,
  attempt: number,
  answer: StoreResponse,
  hasExpired: boolean,
) {
  const { status, body, header } = answer;
  const isStores = (header("x-ms-request-id") ?? header("x-ms-error-code")) !== undefined;
  const code = safeText(header("x-ms-error-code") ?? /<Code>([^<]*)<\/Code>/.exec(body)?.[1]);
  const requestId = safeText(header("x-ms-request-id"));
  const said = isStores || code !== undefined ? code : quotedTitle(body);
  const what = [`${status}`, said, requestId && `(request ${requestId})`].filter(Boolean).join(" ");
  const retryAfterMs = readRetryAfter(header);
  const pause = askedToWait(retryAfterMs);
  const expired = status === 403 && (hasExpired || (isStores && signatureCodes.has(code ?? "")));
  const next = expired ? urlExpired : isStores ? advice(status) : whoResponded(answer);
  return new UploadError(`${intro(host, attempt)}: ${what}.${pause} ${next}`, {
    status,
    code,
    requestId,
    retryAfterMs,
    retryable: retryableStatuses.has(status),
    expired,
  });
}

/** The error for a proxy that did not connect to the store. */
export function unreachableStore(
  host: string,
  attempt: number,
  { message, code, retryable, retryAfterMs }: ProxyError,
  hasExpired: boolean,
): UploadError {
  return new UploadError(
    `${intro(host, attempt)}: ${message}${hasExpired ? ` ${urlExpired}` : ""}`,
    {
      code,
      retryAfterMs,
      retryable: retryable && !hasExpired,
      expired: hasExpired,
    },
  );
}

/**
 * The error for a request without a response.
 *
 * @param hasExpired - Whether the URL's time is over. A store that rejects it may close the
 *   connection while the body is being sent, and then its response is often lost.
 */
export function noResponse(
  host: string,
  attempt: number,
  code: string,
  hasExpired: boolean,
): UploadError {
  const retryable = retryableNetworkCodes.has(code) && !hasExpired;
  const next = retryable
    ? "Check the network and the proxy settings, and try again."
    : "Check the proxy settings and the certificates that this machine trusts.";
  const message = `${intro(host, attempt)}: no response (${safeText(code)}). ${hasExpired ? urlExpired : next}`;
  return new UploadError(message, { code: safeText(code), retryable, expired: hasExpired });
}

/** The error for an upload that was aborted. */
export function aborted(host: string, attempt: number, reason: string): UploadError {
  return new UploadError(`${intro(host, attempt)}: ${reason}.`);
}

function intro(host: string, attempt: number): string {
  return `Could not upload to ${host}${attempt > 1 ? ` after ${attempt} attempts` : ""}`;
}

function advice(status: number): string {
  if (status === 403) {
    return "The store does not accept requests from this machine, probably because of its firewall: ask for this network to be allowed.";
  }
  if (retryableStatuses.has(status)) return "The fault is on the store's side: try again later.";
  if (status >= 300 && status < 400) return "Redirects are not followed. A proxy may have sent it.";
  return "A proxy may have changed the request.";
}

/** Where a response comes from that lacks the store's own headers. */
function whoResponded({ status, proxy }: StoreResponse): string {
  const who = proxy
    ? `This comes from the proxy ${proxy} or from something behind it, and not from the store.`
    : "This comes from something between this machine and the store, and not from the store.";
  return retryableStatuses.has(status) ? `${who} Try again later.` : who;
}

/** The title of a page, unless it may contain the URL of the request. */
function quotedTitle(body: string): string | undefined {
  const said = safeText(shortText(body));
  return said && `"${said}"`;
}

/** The text if it is short and plain, without URLs and control characters. */
function safeText(text: string | undefined): string | undefined {
  return text !== undefined && /^[\w ,:.-]{1,64}$/.test(text) ? text : undefined;
}
