import axios, { isAxiosError, type AxiosInstance } from "axios";
import * as z from "zod";
import type { Deployment } from "../astro/responses";
import { routeTo } from "../http/agents";
import { isLoopback } from "../http/loopback";
import { redirected, withoutResponse, type RequestFacts } from "../http/failure";
import { RequestError } from "../http/requestError";
import { readRetryAfter, retryableStatuses } from "../http/retry";
import { deadlineAt } from "../system/deadline";
import { version } from "../version";
import { CodedError } from "../messages";

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

/** The reads of Airflow's REST API, of all pages. Each throws a {@link RequestError}. */
export interface AirflowClient {
  /** @param deadline - When to give up, in milliseconds since 1970. */
  listImportErrors(deadline: number): Promise<ImportError[]>;
  listDags(deadline: number): Promise<ParsedDag[]>;
  /** Closes the connections. */
  close(): void;
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
 * @throws Error if there is none, or none to which the token may be sent.
 */
export function airflowApiUrl(deployment: Deployment): string {
  const { webServerAirflowApiUrl, webServerUrl, airflowVersion = "" } = deployment;
  const given = webServerAirflowApiUrl ?? webServerUrl;
  if (given === undefined)
    throw new CodedError("import-errors-unknown", "Astro gives no address of its Airflow");
  const text = /^\w+:\/\//.test(given) ? given : `https://${given}`;
  if (!URL.canParse(text))
    throw new CodedError("import-errors-unknown", "the address of its Airflow is no URL");
  const { protocol, hostname, origin, pathname } = new URL(text);
  if (protocol !== "https:" && !(protocol === "http:" && isLoopback(hostname))) {
    throw new CodedError(
      "import-errors-unknown",
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
    <T>(what: string, path: string, schema: z.ZodType<Page<T>>) =>
    (deadline: number) => {
      const facts = { ...airflow, name: `list ${what}`, proxy: route.proxy };
      return allPages((offset) => get(instance, settings, facts, path, schema, offset, deadline));
    };
  return {
    listImportErrors: list("Airflow's import errors", "importErrors", importErrorsSchema),
    listDags: list("Airflow's DAGs", "dags", dagsSchema),
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
  facts: RequestFacts,
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
      throw toRequestError(error, facts);
    })
    .finally(limit.release);
  const parsed = schema.safeParse(response.data);
  if (parsed.success) return parsed.data;
  throw new RequestError({
    messageCode: "foreign-response",
    operation: facts.name,
    problem: "the response is not Airflow's.",
    outcome: "unknown",
  });
}

/** What errors say of the service. */
const airflow = { service: "Airflow", timeoutSetting: "astro:requestTimeoutSeconds" };

const refusals: Record<number, string> = {
  401: "Airflow does not accept the API token (401).",
  403: "the API token may not read Airflow's DAGs and import errors (403): its role needs deployment.airflow.importError.get, and to read the DAGs.",
};

/** Keeps nothing of the original, which has the token. */
function toRequestError(error: unknown, facts: RequestFacts): RequestError {
  const response = isAxiosError(error) ? error.response : undefined;
  if (!response) return new RequestError(withoutResponse(facts, error));
  const { status } = response;
  if (status >= 300 && status < 400) return new RequestError(redirected(facts, status));
  return new RequestError({
    messageCode: "import-errors-unknown",
    operation: facts.name,
    problem: refusals[status] ?? `Airflow answered ${status}.`,
    outcome: "answered",
    retryable: retryableStatuses.has(status),
    status,
    retryAfterMs: readRetryAfter((name) => response.headers[name] as unknown),
  });
}
