import { redact } from "../http/redact";
import { RequestError, type RequestFailure } from "../http/requestError";

export type { RequestOutcome } from "../http/requestError";

/** One problem with one field of a request (API version v1). */
export interface FieldError {
  /** Its path in the body of the request. */
  field: string;
  /** What Astro says of it. */
  message: string;
}

/**
 * A request to Astro that failed.
 *
 * `message` says what failed, why, and what to do. No property contains a token or a signed URL.
 */
export class AstroError extends RequestError {
  /** Tells it from other errors, also across copies of this package. */
  override readonly name = "AstroError";
  /** Whether an API version that has ended may answer like this: 404 or 410, by whomever. */
  readonly mayHaveEnded: boolean;
  /** The fields that Astro rejected, in API version v1. Empty otherwise. */
  readonly fieldErrors: readonly FieldError[];

  /** @internal */
  constructor(failure: RequestFailure, mayHaveEnded = false, fieldErrors: FieldError[] = []) {
    super(failure);
    this.mayHaveEnded = mayHaveEnded;
    this.fieldErrors = fieldErrors.map(({ field, message }) => ({
      field: redact(field),
      message: redact(message),
    }));
  }
}
