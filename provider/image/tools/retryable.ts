import { retryableStatuses } from "../../http/retry";

/** How the network libraries of Go, which all the tools are written in, call faults that pass. */
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

/** A registry's answer that the same request cannot change, whatever stands beside it. */
export const permanentOfRegistries: readonly RegExp[] = [
  /\b(unauthorized|denied|forbidden)\b/i,
  /manifest (invalid|unknown)|name (invalid|unknown)/i,
  /certificate/,
];

/** A status that passes, after what a tool says before it. */
export function retryableStatus(before: string): RegExp {
  return new RegExp(`${before}(${[...retryableStatuses].join("|")})\\b`, "i");
}
