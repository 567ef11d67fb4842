import type { ProxyError } from "../http/proxyError";
import { shortText } from "../http/shortText";
import {
  askedToWait,
  retryableNetworkCodes,
  retryableStatuses,
  readRetryAfter,
} from "../http/retry";

const spent =
  "The upload URL has expired, or its signature was refused: only a fresh deploy gets another URL.";

interface UploadFailure {
  status?: number | undefined;
  code?: string | undefined;
  requestId?: string | undefined;
  retryAfterMs?: number | undefined;
  retryable?: boolean;
  expired?: boolean;
}

/**
 * An upload that failed. It is made of words of our own and of what the store's headers say, and
 * holds nothing of the URL but its host: whoever has the rest may write to the store.
 */
export class UploadError extends Error {
  override readonly name = "UploadError";
  /** HTTP status of an answer, the store's or somebody else's. */
  readonly status: number | undefined;
  /** The store's own word for the fault (`AuthenticationFailed`), or that of the network. */
  readonly code: string | undefined;
  /** The store's own id of the request. */
  readonly requestId: string | undefined;
  /** How long the store asks to wait before the next request (`Retry-After`), in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** Whether the URL is of no use any more: only a fresh deploy gets another one. */
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

/** An answer, as far as an error needs it. */
export interface Refusal {
  status: number;
  body: string;
  header: (name: string) => string | undefined;
  /** The proxy that the request went through, as messages may name it. */
  proxy: string | undefined;
}

/**
 * What the store says of a signature that it does not accept, or that will never do for an upload.
 * Not `AuthorizationFailure`: that is what its firewall says, which others can open.
 */
const signatureCodes = new Set([
  "AuthenticationFailed",
  "AuthorizationPermissionMismatch",
  "AuthorizationProtocolMismatch",
  "AuthorizationResourceTypeMismatch",
  "AuthorizationServiceMismatch",
]);

/**
 * The error for an answer that is not success.
 *
 * @param hasExpired Whether the URL's time is over.
 */
export function refused(host: string, attempt: number, answer: Refusal, hasExpired: boolean) {
  const { status, body, header } = answer;
  const isStores = (header("x-ms-request-id") ?? header("x-ms-error-code")) !== undefined;
  const code = plain(header("x-ms-error-code") ?? /<Code>([^<]*)<\/Code>/.exec(body)?.[1]);
  const requestId = plain(header("x-ms-request-id"));
  const said = isStores || code !== undefined ? code : quoted(body);
  const what = [`${status}`, said, requestId && `(request ${requestId})`].filter(Boolean).join(" ");
  const retryAfterMs = readRetryAfter(header);
  const pause = askedToWait(retryAfterMs);
  const expired = status === 403 && (hasExpired || (isStores && signatureCodes.has(code ?? "")));
  const next = expired ? spent : isStores ? advice(status) : foreign(answer);
  return new UploadError(`${intro(host, attempt)}: ${what}.${pause} ${next}`, {
    status,
    code,
    requestId,
    retryAfterMs,
    retryable: retryableStatuses.has(status),
    expired,
  });
}

/** The error for a proxy that would not connect to the store. */
export function unreached(
  host: string,
  attempt: number,
  { message, code, retryable, retryAfterMs }: ProxyError,
  hasExpired: boolean,
): UploadError {
  return new UploadError(`${intro(host, attempt)}: ${message}${hasExpired ? ` ${spent}` : ""}`, {
    code,
    retryAfterMs,
    retryable: retryable && !hasExpired,
    expired: hasExpired,
  });
}

/**
 * The error for a request that got no answer.
 *
 * @param hasExpired Whether the URL's time is over. A store that refuses may close the connection
 *   with the body on its way, and then its answer is often lost.
 */
export function unanswered(
  host: string,
  attempt: number,
  code: string,
  hasExpired: boolean,
): UploadError {
  const retryable = retryableNetworkCodes.has(code) && !hasExpired;
  const next = retryable
    ? "Check the network and the proxy settings, and try again."
    : "Check the proxy settings and the certificates that this machine trusts.";
  const message = `${intro(host, attempt)}: no answer (${plain(code)}). ${hasExpired ? spent : next}`;
  return new UploadError(message, { code: plain(code), retryable, expired: hasExpired });
}

/** The error for an upload whose end was called for. */
export function ended(host: string, attempt: number, reason: string): UploadError {
  return new UploadError(`${intro(host, attempt)}: ${reason}.`);
}

function intro(host: string, attempt: number): string {
  return `Could not upload to ${host}${attempt > 1 ? ` after ${attempt} attempts` : ""}`;
}

function advice(status: number): string {
  if (status === 403) {
    return "The store does not let this machine in, as its firewall does to networks that it does not know: have it allow this one.";
  }
  if (retryableStatuses.has(status)) return "The fault is on the store's side: try again later.";
  if (status >= 300 && status < 400) return "Redirects are not followed: is a proxy in between?";
  return "Is a proxy in between that changes requests?";
}

/** Who answered, where it was not the store: its answers have headers of its own. */
function foreign({ status, proxy }: Refusal): string {
  const who = proxy
    ? `This comes from the proxy ${proxy} or from something behind it, and not from the store.`
    : "This comes from something between this machine and the store, and not from the store.";
  return retryableStatuses.has(status) ? `${who} Try again later.` : who;
}

/** A page may say anything, the URL that was asked for as well. */
function quoted(body: string): string | undefined {
  const said = plain(shortText(body));
  return said && `"${said}"`;
}

/** Short words only, so that an answer cannot carry the URL or a control character into a message. */
function plain(text: string | undefined): string | undefined {
  return text !== undefined && /^[\w ,:.-]{1,64}$/.test(text) ? text : undefined;
}
