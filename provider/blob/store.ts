import axios from "axios";
import { Readable } from "node:stream";
import { routeTo } from "../http/agents";
import { cancelled, retryDecision, withoutResponse } from "../http/failure";
import { isLoopback } from "../http/loopback";
import { retry, type RetryOptions } from "../http/retry";
import { ArtifactError } from "../artifact/error";
import { rejectedUpload, UploadError, uploadTo } from "./error";

/** One request to the store. */
export interface Put {
  /** Added to the URL's query: `comp=block&blockid=…`. */
  query?: string;
  headers: Readonly<Record<string, string>>;
  /** The body's length in bytes. */
  length: number;
  /** Creates the body for each attempt, since a stream can be read only once. */
  body: () => AsyncIterable<Buffer> | Iterable<Buffer>;
}

/** Sends requests to one upload URL, with retries. */
export interface BlobStore {
  /** For messages. */
  host: string;
  /**
   * @returns the blob's version: the response's `x-ms-version-id`, undefined if it has none.
   * @throws UploadError if the store rejects the request, or the attempts are used up.
   */
  put(request: Put): Promise<string | undefined>;
  /** Closes the connections. */
  close(): void;
}

/** Timeouts and clocks. */
export interface StoreOptions {
  /** A request is aborted if nothing is sent for so many milliseconds. Default 120,000 (2 min). */
  idleMs?: number;
  /** Waits between attempts. Default a timer. */
  sleep?: RetryOptions["sleep"];
  /** The time by the clock of the service that signed the URL. Default this machine's. */
  now?: () => Date;
}

const defaultIdleMs = 120_000;

/** How much two clocks may differ. */
const maxClockSkewMs = 15 * 60_000;

/** Far more than any response of a store has. */
const maxAnswerBytes = 1024 * 1024;

/** Opens a store by its signed URL. The signal aborts a request; the error has its reason. */
export function openStore(
  url: string,
  signal: AbortSignal,
  { idleMs = defaultIdleMs, sleep, now = () => new Date() }: StoreOptions = {},
): BlobStore {
  const refuse = (host: string, problem: string) =>
    new UploadError({
      messageCode: "upload-rejected",
      operation: uploadTo(host).name,
      problem,
      outcome: "notProcessed",
    });
  if (!URL.canParse(url)) throw refuse("the store", "its URL is not a valid URL.");
  const { host, hostname, protocol, searchParams } = new URL(url);
  if (protocol !== "https:" && !isLoopback(hostname)) {
    throw refuse(host, "its URL is not https, so its signature would be sent unencrypted.");
  }
  const expiry = Date.parse(searchParams.get("se") ?? "");
  const isExpired = (skewMs = maxClockSkewMs) => expiry + skewMs < now().getTime();
  // For this upload only: closing it also ends a request that the store answered too early.
  const route = routeTo(url);
  const client = axios.create({
    ...route.agents,
    // A redirect would send the signature to another host, and make axios buffer the whole body.
    maxRedirects: 0,
    maxBodyLength: Infinity,
    maxContentLength: maxAnswerBytes,
    responseType: "text",
    validateStatus: () => true,
  });

  const attempt = async (request: Put, n: number): Promise<string | undefined> => {
    const watch = watchIdle(signal, idleMs);
    const facts = uploadTo(host, n, route.proxy);
    const body = Readable.from(watch.pass(request.body()), { objectMode: false });
    let bodyError: Error | undefined;
    body.on("error", (error) => (bodyError = error));
    try {
      const response = await client.put<string>(addQuery(url, request.query), body, {
        headers: { ...request.headers, "Content-Length": String(request.length) },
        // Not axios' own timeout: without redirects it bounds the whole upload.
        signal: watch.signal,
      });
      const header = (name: string) => text(response.headers[name]);
      if (response.status === 201) return header("x-ms-version-id")?.trim();
      const { status, data } = response;
      throw rejectedUpload(facts, { status, body: data, header }, isExpired(0));
    } catch (error) {
      // An axios error contains the URL, so nothing of it is kept.
      if (error instanceof UploadError) throw error;
      if (bodyError instanceof ArtifactError) throw bodyError;
      if (signal.aborted) throw new UploadError(cancelled(facts, "unknown", signal));
      // A store that rejects the URL may close the connection while the body is being sent, and
      // then its response is often lost.
      throw new UploadError(withoutResponse(facts, error), isExpired());
    } finally {
      watch.end();
      body.destroy();
    }
  };

  return {
    host,
    put: (request) =>
      retry((n) => attempt(request, n), {
        classify: retryDecision,
        signal,
        ...(sleep && { sleep }),
      }),
    close: () => {
      route.close();
    },
  };
}

/** A signal that aborts when the given one does, or when no chunk is passed on for too long. */
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

function addQuery(url: string, query: string | undefined): string {
  return query === undefined ? url : `${url}${url.includes("?") ? "&" : "?"}${query}`;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
