import type { DeploymentSeed, DeployType } from "./state/records";
import type { TokenSeed } from "./tokens";

/** The two versions of the API: `/platform/v1beta1` and `/v1` below the emulator's URL. */
export type ApiVersion = "v1beta1" | "v1";

/** What the service's documents leave open, and what the emulator does by default. */
export interface Behaviour {
  /** The order of ListDeploys. `scattered` is a fixed order that has nothing to do with time. */
  listOrder: "newestFirst" | "oldestFirst" | "scattered";
  /** A second finalize of a deploy: 400, or 200 with the deploy as it is. */
  finalizeTwice: "refuse" | "accept";
  /** Whether a `FAILED` deploy says why. Neither API version documents the field. */
  statusReason: boolean;
  /**
   * The `type` that a BUNDLE deploy is answered with: the documented responses lack `BUNDLE`, and
   * which of the others it is they do not say.
   */
  bundleDeployType: DeployType;
  /** The `Retry-After` of a 429: none, a number of seconds, or a date. */
  retryAfter: "none" | "seconds" | "date";
  /** The body of a 429: plain text as a gateway sends it, or the service's error object. */
  rateLimitBody: "text" | "json";
  /** A deploy to a Deployment that has one finalized and unfinished. */
  concurrentDeploys: "accept" | "refuse";
  /** After how long a deploy that was not finalized becomes `FAILED`. Never by default. */
  initializedExpiryMs: number | undefined;
  /** How long an upload URL lives. */
  uploadUrlTtlMs: number;
  /**
   * Where upload URLs appear: the one made at creation in every response, a fresh one in every
   * response, or only in the response of CreateDeploy.
   */
  uploadUrls: "sameEverywhere" | "freshEverywhere" | "createOnly";
  /** Finalize with a version that no upload has: 400, or a deploy that becomes `FAILED`. */
  unknownVersion: "refuse" | "fail";
  /** A deploy to a hibernating Deployment. */
  hibernating: "accept" | "refuse";
  /** A deploy to a Deployment that is being created. */
  creating: "accept" | "refuse";
  /** Finalizing IMAGE_ONLY on a Deployment with DAG deploys that never received DAGs. */
  imageOnlyWithoutDags: "accept" | "refuse";
  /** Two image deploys within one unit share a tag, as was seen with minutes. */
  imageTagResolution: "minute" | "second";
  /**
   * Whether responses say who made and changed a deploy and when that was (`createdBySubject`,
   * `updatedAt`, `updatedBySubject`), which their schema has as optional.
   */
  optionalFields: "present" | "absent";
  /** Whether a finalized deploy that is still `INITIALIZED` shows its `dagTarballVersion`. */
  unfinishedVersion: "shown" | "hidden";
  /** Responses give times in whole seconds as documented, or with milliseconds. */
  timestamps: "seconds" | "milliseconds";
  /** API versions that have ended: every path of theirs answers with this status. */
  endedVersions: Partial<Record<ApiVersion, 404 | 410>>;
}

export const defaultBehaviour: Readonly<Behaviour> = {
  listOrder: "newestFirst",
  finalizeTwice: "refuse",
  statusReason: false,
  bundleDeployType: "DAG_ONLY",
  retryAfter: "none",
  rateLimitBody: "text",
  concurrentDeploys: "accept",
  initializedExpiryMs: undefined,
  uploadUrlTtlMs: 3_600_000,
  uploadUrls: "sameEverywhere",
  unknownVersion: "refuse",
  hibernating: "accept",
  creating: "accept",
  imageOnlyWithoutDags: "accept",
  imageTagResolution: "second",
  optionalFields: "present",
  unfinishedVersion: "shown",
  timestamps: "seconds",
  endedVersions: {},
};

/** Whether the registry has `repository:tag`. */
export type VerifyImages = (repository: string, tag: string) => boolean | Promise<boolean>;

/** Requests a second that one token may send. */
export interface RateLimits {
  GET: number;
  POST: number;
  DELETE: number;
}

/** How to start the emulator. Every option has a default. */
export interface EmulatorOptions {
  /** Default `127.0.0.1`. */
  host?: string | undefined;
  /** Default 0: any free port. */
  port?: number | undefined;
  /**
   * Where clients find it, if not at `host` and `port`: behind a proxy, or as a container. Upload
   * URLs begin with it.
   */
  publicUrl?: string | undefined;
  /** Serves https. Default: plain http, which clients take from loopback only. */
  tls?: { cert: string; key: string } | undefined;
  /** An API token with access to everything. Default: made up, and kept in `dir`. */
  token?: string | undefined;
  /** Further tokens. */
  tokens?: readonly TokenSeed[];
  /** Default: made up, and kept in `dir`. */
  organizationId?: string | undefined;
  /** Default: one Deployment with DAG deploys on. */
  deployments?: readonly DeploymentSeed[] | undefined;
  /** A folder that keeps records and uploads over restarts. Default: memory. */
  dir?: string | undefined;
  /** How long a deploy takes from finalize to its end, in milliseconds; `Infinity`: until `finish`. Default 100. */
  processingMs?: number | undefined;
  /** How long a Deployment that is seeded as `CREATING` takes, in milliseconds. Default 100. */
  creatingMs?: number | undefined;
  /** How long a hibernating Deployment takes to wake up, in milliseconds. Default 100. */
  wakingMs?: number | undefined;
  /** How often Airflow parses the DAG files of a Deployment, in milliseconds. Default 1000; 30000 on Astro. */
  parseIntervalMs?: number | undefined;
  /** The image registry, `host[:port]`. Default `images.astronomer.cloud`. */
  registry?: string | undefined;
  /** Asked at finalize of the image types; absent images end the deploy `FAILED`. Default: not asked. */
  verifyImages?: VerifyImages;
  /**
   * The versions of Astro Runtime that Deployments are offered, besides the one that each has.
   * Default: some of both Airflow 2 and 3.
   */
  runtimeReleases?: readonly string[];
  /** Requests a second for each token. Default: the documented 25 GET, 10 POST, 5 DELETE. */
  rateLimit?: false | Partial<RateLimits> | undefined;
  behaviour?: Partial<Behaviour> | undefined;
  /** What time it is at the start, as an ISO text. Default: the machine's time. */
  now?: string | undefined;
}

export function settingsOf(options: EmulatorOptions) {
  return {
    host: options.host ?? "127.0.0.1",
    port: options.port ?? 0,
    publicUrl: options.publicUrl && new URL(options.publicUrl).href.replace(/\/+$/, ""),
    tls: options.tls,
    dir: options.dir,
    processingMs: options.processingMs ?? 100,
    creatingMs: options.creatingMs ?? 100,
    wakingMs: options.wakingMs ?? 100,
    parseIntervalMs: options.parseIntervalMs ?? 1000,
    now: options.now === undefined ? undefined : Date.parse(options.now),
    registry: options.registry ?? "images.astronomer.cloud",
    verifyImages: options.verifyImages,
    runtimeReleases: options.runtimeReleases,
    rateLimit:
      options.rateLimit === false
        ? undefined
        : { GET: 25, POST: 10, DELETE: 5, ...options.rateLimit },
    behaviour: { ...defaultBehaviour, ...options.behaviour },
  };
}

/** The options with their defaults. */
export type Settings = ReturnType<typeof settingsOf>;

/** How coming deploys are to end, as a test wants it. */
export interface Plan {
  /** Only deploys of this Deployment. Default: of any. */
  deploymentId?: string | undefined;
  /** How many deploys. Default 1. */
  times?: number | undefined;
  /** Default: as what was uploaded deserves. */
  status?: "DEPLOYED" | "FAILED" | undefined;
  /** Why it failed. */
  reason?: string | undefined;
  /** How long it takes from finalize to its end, in milliseconds; `Infinity`: until `finish`. Default: as configured. */
  processingMs?: number | undefined;
  /**
   * How long the Deployment is `DEPLOYING` after that, in milliseconds, before it runs what was
   * deployed. Default 0.
   */
  rolloutMs?: number | undefined;
  /** Why the Deployment is `UNHEALTHY` once it runs what was deployed. Default: it is not. */
  unhealthy?: string | undefined;
}
