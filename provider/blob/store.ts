import axios, { isAxiosError } from "axios";
import { Readable } from "node:stream";
import { routeTo } from "../http/agents";
import { ProxyError } from "../http/proxyError";
import { isLoopback } from "../http/loopback";
import { retry, type RetryOptions, type RetryDecision } from "../http/retry";
import { ArtifactError } from "../artifact/error";
import { ended, refused, unanswered, unreached, UploadError } from "./error";

/** One request to the store. */
export interface Put {
  /** Added to the URL's query: `comp=block&blockid=…`. */
  query?: string;
  headers: Readonly<Record<string, string>>;
  /** Of the body, in bytes. */
  length: number;
  /** Makes the body, anew for each attempt: a stream that was read in part cannot be sent again. */
  body: () => AsyncIterable<Buffer> | Iterable<Buffer>;
}

/** Speaks to one upload URL, with the retries that a store needs. */
export interface BlobStore {
  /** As messages may name it. */
  host: string;
  /**
   * @returns the answer's `x-ms-version-id`, which names the blob's version.
   * @throws UploadError where the store refuses, or does not answer in the attempts allowed.
   */
  put(request: Put): Promise<string | undefined>;
  /** Ends the connections. */
  close(): void;
}

/** How to deal with a store that is slow or has a fault. */
export interface StoreOptions {
  /** A request of which nothing moves for so many milliseconds is given up. Default 2 min. */
  idleMs?: number;
  /** Waits between attempts. Default waits on the clock. */
  sleep?: RetryOptions["sleep"];
  /** The time by the clock of whoever signed the URL. Default this machine's. */
  now?: () => Date;
}

const defaultIdleMs = 120_000;

/** So far two clocks may be apart. */
const maxClockSkewMs = 15 * 60_000;

/** No answer of a store comes near it. */
const maxAnswerBytes = 1024 * 1024;

/** Opens a store by its signed URL. The signal ends what is under way; its reason is shown. */
export function openStore(
  url: string,
  signal: AbortSignal,
  { idleMs = defaultIdleMs, sleep, now = () => new Date() }: StoreOptions = {},
): BlobStore {
  if (!URL.canParse(url)) throw new UploadError("The upload URL is not a valid URL.");
  const { host, hostname, protocol, searchParams } = new URL(url);
  if (protocol !== "https:" && !isLoopback(hostname)) {
    throw new UploadError(
      `The upload URL on ${host} is not https: its signature would travel in the clear.`,
    );
  }
  const expiry = Date.parse(searchParams.get("se") ?? "");
  const isExpired = (skewMs = maxClockSkewMs) => expiry + skewMs < now().getTime();
  // Of this upload's own: closing it also ends a request that the store answered too early.
  const route = routeTo(url);
  const client = axios.create({
    ...route.agents,
    // A redirect would carry the signature elsewhere, and have axios keep the whole body.
    maxRedirects: 0,
    maxBodyLength: Infinity,
    maxContentLength: maxAnswerBytes,
    responseType: "text",
    validateStatus: () => true,
  });

  const attempt = async (request: Put, n: number): Promise<string | undefined> => {
    const watch = watchIdle(signal, idleMs);
    const body = Readable.from(watch.pass(request.body()), { objectMode: false });
    let bodyFault: Error | undefined;
    body.on("error", (error) => (bodyFault = error));
    try {
      const response = await client.put<string>(addQuery(url, request.query), body, {
        headers: { ...request.headers, "Content-Length": String(request.length) },
        // Not axios' own timeout: without redirects it bounds the whole upload.
        signal: watch.signal,
      });
      const header = (name: string) => text(response.headers[name]);
      if (response.status === 201) return header("x-ms-version-id")?.trim();
      const { status, data } = response;
      throw refused(host, n, { status, body: data, header, proxy: route.proxy }, isExpired(0));
    } catch (error) {
      // What axios throws holds the URL, so none of it is kept.
      if (error instanceof UploadError) throw error;
      if (bodyFault instanceof ArtifactError) throw bodyFault;
      if (signal.aborted) throw ended(host, n, String(signal.reason));
      if (isAxiosError(error) && error.cause instanceof ProxyError) {
        throw unreached(host, n, error.cause, isExpired());
      }
      throw unanswered(host, n, watch.signal.aborted ? "ETIMEDOUT" : codeOf(error), isExpired());
    } finally {
      watch.end();
      body.destroy();
    }
  };

  return {
    host,
    put: (request) =>
      retry((n) => attempt(request, n), { classify, signal, ...(sleep && { sleep }) }),
    close: () => {
      route.close();
    },
  };
}

/** A signal that aborts when the given one does, and when nothing passes for too long. */
function watchIdle(outer: AbortSignal, idleMs: number) {
  const inner = new AbortController();
  const abort = () => {
    inner.abort();
  };
  const timer = setTimeout(abort, idleMs);
  outer.addEventListener("abort", abort);
  if (outer.aborted) abort();
  return {
    signal: inner.signal,
    async *pass(chunks: AsyncIterable<Buffer> | Iterable<Buffer>) {
      for await (const chunk of chunks) {
        timer.refresh();
        yield chunk;
      }
    },
    end: () => {
      clearTimeout(timer);
      outer.removeEventListener("abort", abort);
    },
  };
}

function classify(error: unknown): RetryDecision {
  if (!(error instanceof UploadError)) return { retry: false };
  return { retry: error.retryable, afterMs: error.retryAfterMs };
}

function codeOf(error: unknown): string {
  return (isAxiosError(error) ? error.code : undefined) ?? "unknown";
}

function addQuery(url: string, query: string | undefined): string {
  return query === undefined ? url : `${url}${url.includes("?") ? "&" : "?"}${query}`;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
