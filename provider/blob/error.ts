import { shortText } from "../http/errorText";
import { foreignResponse, redirected, type RequestFacts } from "../http/failure";
import { RequestError, type RequestFailure } from "../http/requestError";
import { askedToWait, readRetryAfter, retryableStatuses } from "../http/retry";

/**
 * An upload that failed. Of the URL it has the host only, since the rest permits writing to the
 * store.
 */
export class UploadError extends RequestError {
  override readonly name = "UploadError";
  /** Whether the URL cannot be used any more, so that only a new deploy gets another one. */
  readonly expired: boolean;

  constructor(failure: RequestFailure, expired = false) {
    const over = {
      messageCode: "upload-url-expired" as const,
      advice:
        "The upload URL has expired, or its signature was rejected: only a new deploy gets a new URL.",
      retryable: false,
    };
    super({ ...failure, ...(expired && over) });
    this.expired = expired;
  }
}

/** An upload, for what its errors say of it. */
export function uploadTo(host: string, attempt = 1, proxy?: string): RequestFacts {
  const after = attempt > 1 ? ` after ${attempt} attempts` : "";
  return { name: `upload to ${host}${after}`, service: "the store", proxy };
}

/** A response, as far as an error needs it. */
export interface StoreResponse {
  status: number;
  body: string;
  header: (name: string) => string | undefined;
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
  request: RequestFacts,
  { status, body, header }: StoreResponse,
  hasExpired: boolean,
): UploadError {
  const requestId = safeText(header("x-ms-request-id"));
  const isStores = (header("x-ms-request-id") ?? header("x-ms-error-code")) !== undefined;
  const code = safeText(header("x-ms-error-code") ?? /<Code>([^<]*)<\/Code>/.exec(body)?.[1]);
  const retryAfterMs = readRetryAfter(header);
  if (!isStores) {
    const isRedirect = status >= 300 && status < 400;
    const said = code ?? safeText(shortText(body));
    const failure = isRedirect
      ? redirected(request, status)
      : foreignResponse(request, status, said, retryAfterMs);
    return new UploadError({ ...failure, code }, status === 403 && hasExpired);
  }
  const what = [`${status}`, code, requestId && `(request ${requestId})`].filter(Boolean).join(" ");
  const failure = {
    messageCode: "upload-rejected",
    operation: request.name,
    problem: `${what}.${askedToWait(retryAfterMs)}`,
    advice: advice(status),
    outcome: "answered",
    retryable: retryableStatuses.has(status),
    status,
    code,
    requestId,
    retryAfterMs,
  } as const;
  return new UploadError(failure, status === 403 && (hasExpired || signatureCodes.has(code ?? "")));
}

function advice(status: number): string {
  if (status === 403) {
    return "The store does not accept requests from this machine, probably because of its firewall: ask for this network to be allowed.";
  }
  if (retryableStatuses.has(status)) return "The fault is on the store's side: try again later.";
  return "A proxy may have changed the request.";
}

/** The text if it is short and plain, without URLs and control characters. */
function safeText(text: string | undefined): string | undefined {
  return text !== undefined && /^[\w ,:.-]{1,64}$/.test(text) ? text : undefined;
}
