/**
 * Whether a host is this machine: the only one that secrets may go to in the clear.
 *
 * @param host - As a URL has it: an IPv6 address in brackets.
 */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(host);
}
