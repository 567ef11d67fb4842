import { redact } from "../http/redact";

/** What is known about a request that failed. */
export type RequestOutcome =
  /** The service answered with an error. */
  | "answered"
  /** It never reached the service, or was rejected unread: a repeat is safe. */
  | "notProcessed"
  /** No response that can be understood: the service may or may not have processed it. */
  | "unknown";

/** One problem with one field of a request (API version v1). */
export interface FieldError {
  /** Its path in the body of the request. */
  field: string;
  /** What Astro says of it. */
  message: string;
}

interface AstroErrorDetails {
  operation: string;
  outcome: RequestOutcome;
  retryable?: boolean;
  mayHaveEnded?: boolean;
  status?: number | undefined;
  requestId?: string | undefined;
  retryAfterMs?: number | undefined;
  fieldErrors?: FieldError[] | undefined;
}

/**
 * A request to Astro that failed.
 *
 * `message` says what failed, why, and what to do. No property contains a token or a signed URL.
 */
export class AstroError extends Error {
  /** Tells it from other errors, also across copies of this package. */
  override readonly name = "AstroError";
  /** What failed: `create the deploy`. */
  readonly operation: string;
  /** Whether Astro has processed the request, as far as is known. */
  readonly outcome: RequestOutcome;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** Whether an API version that has ended may answer like this: 404 or 410, by whomever. */
  readonly mayHaveEnded: boolean;
  /** HTTP status of Astro's own response. Absent for a response of a proxy or a firewall. */
  readonly status: number | undefined;
  /** Astro's id of the request, which Astronomer's support asks for. */
  readonly requestId: string | undefined;
  /** How long Astro asks to wait before the next request (`Retry-After`), in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The fields that Astro rejected, in API version v1. Empty otherwise. */
  readonly fieldErrors: readonly FieldError[];

  /** @internal */
  constructor(message: string, details: AstroErrorDetails) {
    super(redact(message));
    this.operation = details.operation;
    this.outcome = details.outcome;
    this.retryable = details.retryable ?? false;
    this.mayHaveEnded = details.mayHaveEnded ?? false;
    this.status = details.status;
    this.requestId = details.requestId && redact(details.requestId);
    this.retryAfterMs = details.retryAfterMs;
    this.fieldErrors = (details.fieldErrors ?? []).map(({ field, message }) => ({
      field: redact(field),
      message: redact(message),
    }));
  }
}
