import { CodedError, type MessageCode } from "../messages";
import { redact } from "./redact";

/** What is known about a request that failed. */
export type RequestOutcome =
  /** The service answered with an error. */
  | "answered"
  /** It never reached the service, or was rejected unread: a repeat is safe. */
  | "notProcessed"
  /** No response that can be understood: the service may or may not have processed it. */
  | "unknown";

/** What is known of a request that failed. */
export interface RequestFailure {
  messageCode: MessageCode;
  /** What failed; completes "Could not …". */
  operation: string;
  /** Why: one sentence or more, the first without a capital. */
  problem: string;
  /** What to do about it, in whole sentences. */
  advice?: string | undefined;
  outcome: RequestOutcome;
  retryable?: boolean;
  status?: number | undefined;
  code?: string | undefined;
  requestId?: string | undefined;
  retryAfterMs?: number | undefined;
}

/**
 * A request that failed, to whatever service.
 *
 * `message` says what failed, why, and what to do. No property contains a token or a signed URL.
 */
export class RequestError extends CodedError {
  /** Tells it from other errors, also across copies of this package. */
  override readonly name: string = "RequestError";
  /** What failed: `create the deploy`. */
  readonly operation: string;
  /** Why it failed, as in the message. */
  readonly problem: string;
  /** What to do about it, as in the message. */
  readonly advice: string | undefined;
  /** Whether the service has processed the request, as far as is known. */
  readonly outcome: RequestOutcome;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** HTTP status of the service's own response. Absent for a response of a proxy or a firewall. */
  readonly status: number | undefined;
  /** The service's error code (`AuthenticationFailed`), or the network error's (`ECONNRESET`). */
  readonly code: string | undefined;
  /** The service's id of the request, which its support asks for. */
  readonly requestId: string | undefined;
  /** How long the service asks to wait before the next request (`Retry-After`), in milliseconds. */
  readonly retryAfterMs: number | undefined;

  /** @internal */
  constructor(failure: RequestFailure) {
    const { operation, problem, advice } = failure;
    const what = [`Could not ${operation}: ${problem}`, advice].filter(Boolean).join(" ");
    super(failure.messageCode, redact(what));
    this.operation = operation;
    this.problem = redact(problem);
    this.advice = advice && redact(advice);
    this.outcome = failure.outcome;
    this.retryable = failure.retryable ?? false;
    this.status = failure.status;
    this.code = failure.code;
    this.requestId = failure.requestId && redact(failure.requestId);
    this.retryAfterMs = failure.retryAfterMs;
  }
}
