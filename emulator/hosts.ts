/**
 * Whether a host name is this machine, which alone clients trust without TLS.
 *
 * @param name - As in a URL: an IPv6 address has brackets.
 */
export function isLoopback(name: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(name);
}

/** Addresses that stand for all of a machine's, and where this machine itself finds them. */
const everywhere: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

export function listensEverywhere(host: string): boolean {
  return Object.hasOwn(everywhere, host);
}

/** The URL by which a client on this machine reaches a server that listens on `host`. */
export function urlOf(protocol: "http" | "https", host: string, port: number): string {
  const name = everywhere[host] ?? host;
  return `${protocol}://${name.includes(":") ? `[${name}]` : name}:${port}`;
}
