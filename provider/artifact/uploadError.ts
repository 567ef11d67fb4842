import { askedToWait, passingNetworkCodes, passingStatuses, readRetryAfter } from "../retry";

const spent =
  "The upload URL has expired, or its signature was refused: only a fresh deploy gets another URL.";

interface UploadFailure {
  status?: number | undefined;
  code?: string | undefined;
  requestId?: string | undefined;
  retryAfterMs?: number | undefined;
  passing?: boolean;
  expired?: boolean;
}

/**
 * An upload that failed. It is made of words of our own and of what the store's headers say, and
 * holds nothing of the URL but its host: whoever has the rest may write to the store.
 */
export class UploadError extends Error {
  override readonly name = "UploadError";
  /** HTTP status, where the store answered. */
  readonly status: number | undefined;
  /** The store's own word for the fault (`AuthenticationFailed`), or that of the network. */
  readonly code: string | undefined;
  /** The store's own id of the request. */
  readonly requestId: string | undefined;
  /** How long the store asks to wait before the next request (`Retry-After`), in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** Whether the same request may succeed later. */
  readonly passing: boolean;
  /** Whether the URL is of no use any more: only a fresh deploy gets another one. */
  readonly expired: boolean;

  constructor(message: string, failure: UploadFailure = {}) {
    super(message);
    this.status = failure.status;
    this.code = failure.code;
    this.requestId = failure.requestId;
    this.retryAfterMs = failure.retryAfterMs;
    this.passing = failure.passing ?? false;
    this.expired = failure.expired ?? false;
  }
}

/** An answer of the store, as far as an error needs it. */
export interface Refusal {
  status: number;
  body: string;
  header: (name: string) => string | undefined;
}

/** The error for an answer that is not success. */
export function refused(host: string, attempt: number, { status, body, header }: Refusal) {
  const code = plain(header("x-ms-error-code") ?? /<Code>([^<]*)<\/Code>/.exec(body)?.[1]);
  const requestId = plain(header("x-ms-request-id"));
  const what = [`${status}`, code, requestId && `(request ${requestId})`].filter(Boolean).join(" ");
  const retryAfterMs = readRetryAfter(header);
  const pause = askedToWait(retryAfterMs);
  return new UploadError(`${intro(host, attempt)}: ${what}.${pause} ${advice(status)}`, {
    status,
    code,
    requestId,
    retryAfterMs,
    passing: passingStatuses.has(status),
    expired: status === 403,
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
  const passing = passingNetworkCodes.has(code) && !hasExpired;
  const next = passing
    ? "Check the network and the proxy settings, and try again."
    : "Check the proxy settings and the certificates that this machine trusts.";
  const message = `${intro(host, attempt)}: no answer (${plain(code)}). ${hasExpired ? spent : next}`;
  return new UploadError(message, { code: plain(code), passing, expired: hasExpired });
}

/** The error for an upload whose end was called for. */
export function ended(host: string, attempt: number, reason: string): UploadError {
  return new UploadError(`${intro(host, attempt)}: ${reason}.`);
}

function intro(host: string, attempt: number): string {
  return `Could not upload to ${host}${attempt > 1 ? ` after ${attempt} attempts` : ""}`;
}

function advice(status: number): string {
  if (status === 403) return spent;
  if (passingStatuses.has(status)) return "The fault is on the store's side: try again later.";
  if (status >= 300 && status < 400) return "Redirects are not followed: is a proxy in between?";
  return "Is a proxy in between that changes requests?";
}

/** Short words only, so that an answer cannot carry the URL or a control character into a message. */
function plain(text: string | undefined): string | undefined {
  return text !== undefined && /^[\w ,:.-]{1,64}$/.test(text) ? text : undefined;
}
