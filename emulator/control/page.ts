import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { extname, join } from "node:path";
import type { Reply } from "../http";
import { packageFolder } from "../package";
import { refusalOf } from "./guard";

// The page is read from the sources, which the package has beside what is compiled: it needs no build.
const folder = join(packageFolder, "emulator", "page");

/** The page's files, by their paths. */
const files: Readonly<Record<string, string>> = {
  "/": "index.html",
  "/_page/page.css": "page.css",
  "/_page/page.js": "page.js",
};

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".css": "text/css",
  ".js": "text/javascript",
};

/** Scripts, styles and data from here only, and in nobody's frame. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Answers a request to the page; `undefined` if it is none. */
export async function answerPage(
  message: IncomingMessage,
  path: string,
  url: string,
): Promise<Reply | undefined> {
  const name = message.method === "GET" && Object.hasOwn(files, path) ? files[path] : undefined;
  if (name === undefined) return undefined;
  const refusal = refusalOf(message, url);
  if (refusal !== undefined) {
    return { status: 403, headers: { "content-type": "text/plain" }, body: refusal };
  }
  return {
    status: 200,
    headers: {
      "content-type": `${types[extname(name)] ?? "text/plain"}; charset=utf-8`,
      "content-security-policy": policy,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    },
    body: await readFile(join(folder, name), "utf8"),
  };
}
