/**
 * The one place that knows what must never be shown: the API token and the signatures of upload
 * URLs, each of which is good for whoever holds it.
 */

const hidden = "[redacted]";
const tokens = new Set<string>();

/** What is shorter is no token, and hiding it would riddle every message. */
const minLength = 8;

/** Remembers a secret of this process, so that {@link redact} hides it wherever it turns up. */
export function registerSecret(secret: string): void {
  if (secret.length >= minLength) tokens.add(secret);
}

/** The text without tokens, `Bearer` credentials, credentials in URLs and the queries of signed URLs. */
export function redact(text: string): string {
  let redacted = text;
  for (const token of tokens) redacted = redacted.replaceAll(token, hidden);
  return redacted
    .replace(/\bBearer\s+[\w.~+/=-]+/gi, `Bearer ${hidden}`)
    .replace(/(https?:\/\/[^\s?"'<>]+)\?[^\s"'<>]*/g, `$1?${hidden}`)
    .replace(/:\/\/[^\s/?#@"'<>]+@/g, `://${hidden}@`)
    .replace(/\b(sig|signature)=[^\s&"'<>]+/gi, `$1=${hidden}`);
}

/**
 * The error as it may be shown. The host prints the stack of what is thrown: an error of ours says
 * everything in its message, so its stack is dropped; that of a fault in this package is kept.
 */
export function sanitizeError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(redact(String(error)));
  const isBug = error instanceof TypeError || error instanceof ReferenceError;
  error.message = redact(error.message);
  error.stack = isBug && error.stack !== undefined ? redact(error.stack) : "";
  delete error.cause;
  return error;
}
