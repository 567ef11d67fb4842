import axios, { isAxiosError, type AxiosInstance } from "axios";
import * as z from "zod";
import type { Deployment } from "../astro/responses";
import { routeTo } from "../http/agents";
import { isLoopback } from "../http/loopback";
import { ProxyError } from "../http/proxyError";
import { readRetryAfter, retryableNetworkCodes, retryableStatuses } from "../http/retry";
import { deadlineAt } from "../system/deadline";
import { version } from "../version";

/** How a client connects to the Airflow of a Deployment. */
interface AirflowSettings {
  /** From {@link airflowApiUrl}. */
  url: string;
  /** The same API token that Astro's API takes. */
  token: string;
  /** The timeout of one request, in milliseconds. */
  requestTimeoutMs: number;
  /** Ends requests. Default never. */
  signal?: AbortSignal | undefined;
}

/** A DAG file that Airflow could not import. */
export interface ImportError {
  /** As Airflow names it: an absolute path in Airflow 2, relative to the bundle in Airflow 3. */
  file: string;
  /** When Airflow last tried, in milliseconds since 1970. */
  parsedAt: number;
  trace: string | undefined;
}

/** A DAG of which Airflow could import the file. */
export interface ParsedDag {
  file: string;
  parsedAt: number;
}

/** The reads of Airflow's REST API, of all pages. Each throws an {@link AirflowError}. */
export interface AirflowClient {
  /** @param deadline - When to give up, in milliseconds since 1970. */
  listImportErrors(deadline: number): Promise<ImportError[]>;
  listDags(deadline: number): Promise<ParsedDag[]>;
  /** Closes the connections. */
  close(): void;
}

/** Why Airflow did not say what it was asked. The message completes "it is unknown: …". */
export class AirflowError extends Error {
  override readonly name = "AirflowError";

  constructor(
    message: string,
    /** Whether the same request may succeed later. */
    readonly retryable = false,
    /** How long Airflow asks to wait before the next request, in milliseconds. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

/** As the servers limit it by default. */
const pageSize = 100;

/** A page of traces, each as long as Airflow keeps one. */
const maxAnswerBytes = 16 * 1024 * 1024;

/** A missing or invalid time is NaN, which is later than no other. */
const time = z
  .string()
  .nullish()
  .transform((text) => Date.parse(text ?? ""));

const importErrorsSchema = z
  .object({
    import_errors: z.array(
      z
        .object({ filename: z.string(), timestamp: time, stack_trace: z.string().nullish() })
        .transform(({ filename, timestamp, stack_trace }) => ({
          file: filename,
          parsedAt: timestamp,
          trace: stack_trace ?? undefined,
        })),
    ),
    total_entries: z.number(),
  })
  .transform(({ import_errors: rows, total_entries: total }) => ({ rows, total }));

const dagsSchema = z
  .object({
    dags: z.array(
      z
        .object({
          fileloc: z.string().nullish(),
          relative_fileloc: z.string().nullish(),
          last_parsed_time: time,
        })
        .transform(({ fileloc, relative_fileloc, last_parsed_time }) => ({
          file: relative_fileloc ?? fileloc ?? "",
          parsedAt: last_parsed_time,
        })),
    ),
    total_entries: z.number(),
  })
  .transform(({ dags: rows, total_entries: total }) => ({ rows, total }));

/**
 * The address of the REST API of a Deployment's Airflow, of the generation that its version has.
 *
 * @throws AirflowError if there is none, or none to which the token may be sent.
 */
export function airflowApiUrl(deployment: Deployment): string {
  const { webServerAirflowApiUrl, webServerUrl, airflowVersion = "" } = deployment;
  const given = webServerAirflowApiUrl ?? webServerUrl;
  if (given === undefined) throw new AirflowError("Astro gives no address of its Airflow");
  const text = /^\w+:\/\//.test(given) ? given : `https://${given}`;
  if (!URL.canParse(text)) throw new AirflowError("the address of its Airflow is no URL");
  const { protocol, hostname, origin, pathname } = new URL(text);
  if (protocol !== "https:" && !(protocol === "http:" && isLoopback(hostname))) {
    throw new AirflowError(
      "the address of its Airflow is not https, so the token is not sent there",
    );
  }
  const generation = airflowVersion.startsWith("2.") ? "v1" : "v2";
  return `${origin}${pathname.replace(/(\/api\/v\d+)?\/*$/, "")}/api/${generation}`;
}

/** @throws Error if the environment names a proxy that cannot be used. */
export function createAirflowClient(settings: AirflowSettings): AirflowClient {
  const route = routeTo(settings.url);
  const instance = axios.create({
    ...route.agents,
    baseURL: settings.url,
    headers: {
      Authorization: `Bearer ${settings.token}`,
      "User-Agent": `pulumi-astro-deploy/${version}`,
    },
    // A redirect would send the token to another host.
    maxRedirects: 0,
    maxContentLength: maxAnswerBytes,
  });
  const list =
    <T>(path: string, schema: z.ZodType<Page<T>>) =>
    (deadline: number) =>
      allPages((offset) => get(instance, settings, path, schema, offset, deadline));
  return {
    listImportErrors: list("importErrors", importErrorsSchema),
    listDags: list("dags", dagsSchema),
    close: () => {
      route.close();
    },
  };
}

interface Page<T> {
  rows: T[];
  total: number;
}

async function allPages<T>(read: (offset: number) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  for (;;) {
    const { rows, total } = await read(all.length);
    all.push(...rows);
    if (rows.length === 0 || all.length >= total) return all;
  }
}

async function get<T>(
  instance: AxiosInstance,
  { requestTimeoutMs, signal }: AirflowSettings,
  path: string,
  schema: z.ZodType<T>,
  offset: number,
  deadline: number,
): Promise<T> {
  const limit = deadlineAt(Math.min(deadline, Date.now() + requestTimeoutMs), signal);
  const params = { limit: pageSize, offset };
  const response = await instance
    .get<unknown>(path, { params, signal: limit.signal })
    .catch((error: unknown) => {
      throw toAirflowError(error);
    })
    .finally(limit.release);
  const parsed = schema.safeParse(response.data);
  if (parsed.success) return parsed.data;
  throw new AirflowError("the answer is not Airflow's");
}

const refusals: Record<number, string> = {
  401: "Airflow does not accept the API token (401)",
  403: "the API token may not read Airflow's DAGs and import errors (403): its role needs deployment.airflow.importError.get, and to read the DAGs",
};

/** Keeps nothing of the original, which has the token. */
function toAirflowError(error: unknown): AirflowError {
  if (!isAxiosError(error)) return new AirflowError((error as Error).message);
  if (error.cause instanceof ProxyError) {
    const { message, retryable, retryAfterMs } = error.cause;
    return new AirflowError(message, retryable, retryAfterMs);
  }
  const { response, code = "no response" } = error;
  if (!response) {
    const isRetryable = retryableNetworkCodes.has(code) || code === "ERR_CANCELED";
    return new AirflowError(`Airflow cannot be reached (${code})`, isRetryable);
  }
  const { status } = response;
  if (status >= 300 && status < 400) {
    return new AirflowError(`Airflow answered with a redirect (${status}), which is not followed`);
  }
  return new AirflowError(
    refusals[status] ?? `Airflow answered ${status}`,
    retryableStatuses.has(status),
    readRetryAfter((name) => response.headers[name] as unknown),
  );
}
