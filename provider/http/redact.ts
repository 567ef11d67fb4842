/**
 * The one place that knows what no message may contain: the API token and the signatures of upload
 * URLs. Anyone who has one can use it.
 */

import { CodedError, withCode, type MessageCode } from "../messages";

const hidden = "[redacted]";
const tokens = new Set<string>();

/** A shorter text is no token, and hiding it would mangle messages. */
const minLength = 8;

/** Registers a secret of this process, so that {@link redact} hides it in every message. */
export function registerSecret(secret: string): void {
  if (secret.length >= minLength) tokens.add(secret);
}

/** The text without tokens, `Bearer` and URL credentials, and the queries of URLs. */
export function redact(text: string): string {
  let redacted = text;
  for (const token of tokens) redacted = redacted.replaceAll(token, hidden);
  return redacted
    .replace(/\bBearer\s+[\w.~+/=-]+/gi, `Bearer ${hidden}`)
    .replace(/(https?:\/\/[^\s?"'<>]+)\?[^\s"'<>]*/g, `$1?${hidden}`)
    .replace(/:\/\/[^\s/?#@"'<>]+@/g, `://${hidden}@`)
    .replace(/\b(sig|signature)=[^\s&"'<>]+/gi, `$1=${hidden}`);
}

/** A message as it is shown: without secrets, and with its code. */
export function shown(text: string, code?: MessageCode): string {
  return code === undefined ? redact(text) : withCode(redact(text), code);
}

/**
 * A copy of the error as it is shown: without secrets, and with its code. Several resources may
 * share the error itself, and put its message into their own.
 *
 * The host prints the stack of whatever is thrown: that of a bug in this package is kept, and that
 * of other errors dropped, since their message says everything.
 */
export function sanitizeError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(redact(String(error)));
  const isBug = error instanceof TypeError || error instanceof ReferenceError;
  const code = error instanceof CodedError ? error.messageCode : undefined;
  const copy = Object.create(
    Object.getPrototypeOf(error) as object,
    Object.getOwnPropertyDescriptors(error),
  ) as Error;
  const [message, stack] = [shown(error.message, code), isBug ? redact(error.stack ?? "") : ""];
  for (const [name, value] of Object.entries({ message, stack })) {
    Object.defineProperty(copy, name, { value, writable: true, configurable: true });
  }
  delete copy.cause;
  return copy;
}
