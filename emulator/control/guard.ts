import type { IncomingMessage } from "node:http";
import { isLoopback } from "../hosts";

/** Where a browser says a request comes from, if not from the page itself or from its user. */
const foreignSites = new Set(["cross-site", "same-site"]);

/**
 * Why a request to the page or its switches is refused; `undefined` if it is not. No page on the web
 * may press them: not as a request to another origin, and not under a host name of its own that
 * leads to this machine.
 *
 * @param url - The emulator's own.
 */
export function refusalOf({ headers }: IncomingMessage, url: string): string | undefined {
  const { host = "", origin } = headers;
  const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : "";
  if (!isLoopback(name) && host !== new URL(url).host)
    return `The host name ${host} is not the emulator's`;
  if (origin !== undefined && !(URL.canParse(origin) && new URL(origin).host === host)) {
    return `The origin ${origin} is not the emulator's`;
  }
  const site = headers["sec-fetch-site"];
  if (typeof site === "string" && foreignSites.has(site)) return "The request is another site's";
  return undefined;
}
