import { retryableStatuses } from "../../http/retry";

/** Temporary failures in the words of Go's network libraries, which all the tools use. */
export const retryableInGo: readonly RegExp[] = [
  /\bEOF\b/,
  /connection (reset by peer|refused|timed out)/,
  /broken pipe/,
  /\bi\/o timeout\b/,
  /TLS handshake timeout/,
  /Client\.Timeout exceeded|session deadline exceeded/,
  /http2: .*(connection lost|GOAWAY)/i,
  /use of closed network connection/,
  /no route to host|network is unreachable/,
  /no such host|server misbehaving|temporary failure in name resolution/i,
];

/** Permanent failures in a registry's words, even if the output also has retryable ones. */
export const permanentOfRegistries: readonly RegExp[] = [
  /\b(unauthorized|denied|forbidden)\b/i,
  /manifest (invalid|unknown)|name (invalid|unknown)/i,
  /certificate/,
];

/** A retryable HTTP status after the given pattern. */
export function retryableStatus(before: string): RegExp {
  return new RegExp(`${before}(${[...retryableStatuses].join("|")})\\b`, "i");
}
