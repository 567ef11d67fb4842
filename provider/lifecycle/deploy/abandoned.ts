/** A deploy that can never be finished, so that a new one is needed. */
export class AbandonedError extends Error {
  override readonly name = "AbandonedError";

  /** @param reason - Completes "it was abandoned, since …". */
  constructor(
    message: string,
    readonly reason: string,
  ) {
    super(message);
  }
}
