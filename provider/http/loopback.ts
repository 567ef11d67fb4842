/**
 * Whether a host is this machine, the only one to which secrets may be sent without TLS.
 *
 * @param host - As in a URL: an IPv6 address has brackets.
 */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(host);
}
