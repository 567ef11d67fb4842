import * as z from "zod";
import { imageTools, type ImageTool } from "../image/tools/tool";
import type { TimeLimit } from "../image/runTool";
import type { ClientSettings } from "../astro/client";
import { withoutVersionPath } from "../astro/apiVersions";
import { readToken } from "../astro/token";
import { apiVersions, type ApiVersion } from "../astro/types";
import { isLoopback } from "../http/loopback";
import { CodedError } from "../messages";

/**
 * The provider's configuration: how to reach Astro, not what to deploy. It comes from the stack's
 * `astro:*` configuration, or else from `ASTRO_*` environment variables, and never causes a diff.
 */
export interface Settings {
  /** Without the API version's path. Default `https://api.astronomer.io`. */
  baseUrl: string;
  apiVersion: ApiVersion;
  token: string | undefined;
  organizationId: string | undefined;
  /** The timeout of one API request, in milliseconds. Default 30 s. */
  requestTimeoutMs: number;
  /** The timeout of one upload or push with its retries, in milliseconds. Default 1 h. */
  uploadTimeoutMs: number;
  /** How long to wait for a finalized deploy to be `DEPLOYED`, in milliseconds. Default 30 min. */
  deployTimeoutMs: number;
  /** How long to ask Airflow for DAGs that fail to import, in milliseconds. Default 3 min. */
  importErrorsTimeoutMs: number;
  /** The tool that pushes images. Default the first installed one that supports the source. */
  imageTool: ImageTool | undefined;
  /** What is wrong with the configuration, a sentence each. */
  problems: string[];
}

/**
 * The settings of a client.
 *
 * @throws Error with what is missing or wrong in the configuration.
 */
export function connection(settings: Settings): ClientSettings {
  const { baseUrl, apiVersion, token, requestTimeoutMs, problems } = settings;
  if (problems.length > 0) throw new CodedError("invalid-setting", problems.join(" "));
  if (token === undefined) {
    throw new CodedError(
      "token-missing",
      "No API token: run `pulumi config set --secret astro:token`, or set the environment variable ASTRO_API_TOKEN. An explicit provider has its own: pass it the argument token.",
    );
  }
  return { baseUrl, apiVersion, token, requestTimeoutMs };
}

/** How long inspecting an image may take. */
export function requestLimit({ requestTimeoutMs }: Settings): TimeLimit {
  return { ms: requestTimeoutMs, setting: "astro:requestTimeoutSeconds" };
}

/** How long a push may take. */
export function uploadLimit({ uploadTimeoutMs }: Settings): TimeLimit {
  return { ms: uploadTimeoutMs, setting: "astro:uploadTimeoutSeconds" };
}

/** Reads a configuration value by its full key (`astro:token`). */
export type ConfigReader = (key: string) => string | undefined;

const seconds = z.coerce
  .number({ error: "must be a number of seconds" })
  .positive({ error: "must be more than 0 seconds" })
  .max(24 * 3600, { error: "must be at most 86400 seconds (a day)" })
  .transform((value) => Math.ceil(value * 1000));

const baseUrlSchema = z
  .url({
    protocol: /^https?$/,
    error: "must be a URL such as https://api.astronomer.io",
    abort: true,
  })
  .refine((value) => value.startsWith("https:") || isLoopback(new URL(value).hostname), {
    error:
      "must begin with https://, since the token is sent there (http:// is for localhost only)",
  })
  .refine(
    (value) => {
      const { username, password, search, hash } = new URL(value);
      return [username, password, search, hash].every((part) => part === "");
    },
    { error: "must have no user name, no query and no fragment" },
  )
  // Astro's documentation shows the base URL with the version's path.
  .transform(withoutVersionPath);

const tokenSchema = z
  .string()
  .transform((value) => value.replace(/^Bearer\s+/i, ""))
  .refine((value) => /^[\x21-\x7e]+$/.test(value), {
    error: "contains white space or another character that no token has; copy it again",
  });

/**
 * Reads the settings. Never throws: `problems` are reported by the first operation that connects to
 * Astro, so that a preview or a destroy that does not connect works.
 */
export function readSettings(
  config: ConfigReader,
  environment: Readonly<Record<string, string | undefined>>,
): Settings {
  const problems: string[] = [];

  const read = <T>(key: string, variable: string, schema: z.ZodType<T>, fallback: T): T => {
    const configured = filled(config(key));
    const text = configured ?? filled(environment[variable]);
    if (text === undefined) return fallback;
    const parsed = schema.safeParse(text);
    if (parsed.success) return parsed.data;
    const source = configured === undefined ? variable : key;
    problems.push(`${source} ${parsed.error.issues[0]?.message ?? "is not valid"}.`);
    return fallback;
  };

  const domain = filled(environment.ASTRO_DOMAIN) ?? "astronomer.io";
  const domainUrl = urlOfDomain(domain);
  if (domainUrl === undefined) {
    problems.push(
      "ASTRO_DOMAIN must be a domain without https:// and api., such as astronomer.io.",
    );
  }
  const token = read<string | undefined>("astro:token", "ASTRO_API_TOKEN", tokenSchema, undefined);
  return {
    baseUrl: read("astro:baseUrl", "ASTRO_BASE_URL", baseUrlSchema, domainUrl ?? ""),
    apiVersion: read(
      "astro:apiVersion",
      "ASTRO_API_VERSION",
      z.enum(apiVersions, { error: `must be one of ${apiVersions.join(", ")}` }),
      "v1beta1",
    ),
    token,
    organizationId: read<string | undefined>(
      "astro:organizationId",
      "ASTRO_ORGANIZATION_ID",
      z.string(),
      token === undefined ? undefined : readToken(token)?.organizationId,
    ),
    requestTimeoutMs: read(
      "astro:requestTimeoutSeconds",
      "ASTRO_REQUEST_TIMEOUT_SECONDS",
      seconds,
      30_000,
    ),
    uploadTimeoutMs: read(
      "astro:uploadTimeoutSeconds",
      "ASTRO_UPLOAD_TIMEOUT_SECONDS",
      seconds,
      3_600_000,
    ),
    deployTimeoutMs: read(
      "astro:deployTimeoutSeconds",
      "ASTRO_DEPLOY_TIMEOUT_SECONDS",
      seconds,
      1_800_000,
    ),
    importErrorsTimeoutMs: read(
      "astro:importErrorsTimeoutSeconds",
      "ASTRO_IMPORT_ERRORS_TIMEOUT_SECONDS",
      seconds,
      180_000,
    ),
    imageTool: read<ImageTool | undefined>(
      "astro:imageTool",
      "ASTRO_IMAGE_TOOL",
      z.enum(imageTools, { error: `must be one of ${imageTools.join(", ")}` }),
      undefined,
    ),
    problems,
  };
}

/** The API's URL for a domain, as in the `astro` CLI; undefined if the text is not a domain. */
function urlOfDomain(text: string): string | undefined {
  // The address of Astro's UI is accepted too.
  const domain = text.replace(/^(https:\/\/)?cloud\.([^/]+)\/*$/, "$2");
  if (!/^[\w.-]+$/.test(domain)) return undefined;
  if (domain === "localhost") return "http://localhost:8888";
  const [, preview] = /^(pr\d{4,6})\.astronomer-dev\.io$/.exec(domain) ?? [];
  return preview === undefined
    ? `https://api.${domain}`
    : `https://${preview}.api.astronomer-dev.io`;
}

/** An empty value counts as not set: CI systems pass missing secrets that way. */
function filled(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed === "" ? undefined : trimmed;
}
