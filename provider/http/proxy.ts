import { getProxyForUrl } from "proxy-from-env";
import { isLoopback } from "./loopback";
import { CodedError } from "../messages";

/** The proxy that requests to a host go through. */
export interface Proxy {
  /** Without the credentials. */
  url: URL;
  /** `user:password`, decoded. */
  credentials: string | undefined;
  /** The environment variable that names it. */
  variable: string;
  /** For messages: host, port and variable, without the credentials. */
  name: string;
}

/** Those that apply to https, in curl's order. */
const variables = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/**
 * The proxy that the environment names for a host.
 *
 * @throws Error if the variable is not the URL of a proxy. It may hold a password, so it is not
 *   quoted.
 */
export function proxyFor(target: URL): Proxy | undefined {
  const variable = variables.find((name) => process.env[name]);
  const value = process.env[variable ?? ""]?.trim();
  if (variable === undefined || value === undefined) return undefined;
  if (target.protocol !== "https:" || isLoopback(target.hostname) || isExempt(target)) {
    return undefined;
  }
  // Without a scheme, curl and others assume http://, as most proxies are.
  const text = value.includes("://") ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new CodedError(
      "proxy-failed",
      `The environment variable ${variable} must name an http or https proxy, such as http://proxy.example.com:3128.`,
    );
  }
  const { username, password } = url;
  url.username = url.password = "";
  return {
    url,
    credentials: username + password === "" ? undefined : `${decode(username)}:${decode(password)}`,
    variable,
    name: `${url.host} (${variable})`,
  };
}

/** Whether NO_PROXY names the host or, as in curl, a domain that it belongs to. */
function isExempt({ hostname, port }: URL): boolean {
  const labels = hostname.split(".");
  const isAddress = /^[\d.]+$|^\[/.test(hostname);
  const domains = isAddress ? [hostname] : labels.map((_, n) => labels.slice(n).join("."));
  return domains.some((domain) => getProxyForUrl(`https://${domain}:${port || "443"}`) === "");
}

/** Decodes percent-encoding. A `%` that encodes nothing stays. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, "%25"));
  } catch {
    return text;
  }
}
