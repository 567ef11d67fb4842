import { randomBytes } from "node:crypto";

/**
 * The records that the emulator keeps. Their public fields are those of the service's responses;
 * what the service would keep to itself lies under `internal`.
 */

export const deployTypes = ["IMAGE_AND_DAG", "IMAGE_ONLY", "DAG_ONLY", "BUNDLE"] as const;
export type DeployType = (typeof deployTypes)[number];
export type DeployStatus = "INITIALIZED" | "DEPLOYED" | "FAILED";

/** The statuses that the service documents for a Deployment. */
export const deploymentStatuses = [
  "CREATING",
  "DEPLOYING",
  "HEALTHY",
  "HIBERNATING",
  "UNHEALTHY",
  "UNKNOWN",
] as const;
export type DeploymentStatus = (typeof deploymentStatuses)[number];

/** Who created or updated a record. API tokens are of type `SERVICEKEY`. */
export interface Subject {
  id: string;
  subjectType?: "USER" | "SERVICEKEY" | undefined;
  /** API tokens only. */
  apiTokenName?: string | undefined;
  /** Users only, as the next two. */
  avatarUrl?: string | undefined;
  fullName?: string | undefined;
  username?: string | undefined;
}

/** A bundle mounted on a Deployment. */
export interface Bundle {
  bundleType: string;
  mountPath: string;
  /** The deploy that put it there. */
  deployId: string;
  currentVersion?: string | undefined;
  /** Differs from `currentVersion` while a deploy of this bundle is under way. */
  desiredVersion?: string | undefined;
}

/** The commit that a deploy names, echoed as it was sent. */
export interface DeployGit {
  provider: string;
  commitSha: string;
  account?: string | undefined;
  repo?: string | undefined;
  branch?: string | undefined;
  commitUrl?: string | undefined;
  remoteUrl?: string | undefined;
  path?: string | undefined;
  authorName?: string | undefined;
  authorUrl?: string | undefined;
  authorUsername?: string | undefined;
  beforeCommitSha?: string | undefined;
}

/** What a Deployment runs: recorded after each deploy, so that a rollback can bring it back. */
export interface Running {
  isDagDeployEnabled: boolean;
  imageTag: string;
  astroRuntimeVersion: string;
  dagTarballVersion?: string | undefined;
  bundles: Bundle[];
}

/** A deploy. Times are ISO strings with milliseconds; responses cut them as the service does. */
export interface DeployRecord {
  id: string;
  deploymentId: string;
  type: DeployType;
  status: DeployStatus;
  /** Why it is `FAILED`. In responses only if `behaviour.statusReason` says so. */
  statusReason?: string | undefined;
  createdAt: string;
  updatedAt: string;
  createdBySubject: Subject;
  updatedBySubject: Subject;
  imageRepository: string;
  imageTag: string;
  isDagDeployEnabled: boolean;
  airflowVersion: string;
  astroRuntimeVersion: string;
  description?: string | undefined;
  bundleType?: string | undefined;
  bundleMountPath?: string | undefined;
  bundles?: Bundle[] | undefined;
  dagTarballVersion?: string | undefined;
  /** What finalize named for a BUNDLE; empty means that the bundle is to be removed. */
  bundleTarballVersion?: string | undefined;
  git?: DeployGit | undefined;
  rollbackFromId?: string | undefined;
  internal: DeployInternals;
}

export interface DeployInternals {
  /** Position in the order of creation: times have too few digits to tell. */
  sequence: number;
  /** When the upload URLs end, as epoch milliseconds. */
  uploadsExpireAt: number;
  /** Set when finalize or rollback accepted the deploy. */
  finalizedAt?: number | undefined;
  /** How it will end, and when. Absent until finalize has looked at what was uploaded. */
  outcome?: Outcome;
  /** Set while the Deployment does not run yet what this deploy, `DEPLOYED`, brought. */
  rollsOutAt?: number | undefined;
  /** What the Deployment runs once this deploy is `DEPLOYED`. */
  snapshot?: Running | undefined;
}

export interface Outcome {
  status: "DEPLOYED" | "FAILED";
  reason?: string | undefined;
  /** When, as epoch milliseconds. */
  at: number;
  /** How long it takes from then until the Deployment runs what was deployed. Default 0. */
  rolloutMs?: number | undefined;
  /** Why the Deployment is `UNHEALTHY` from then on. */
  unhealthy?: string | undefined;
}

/** Whether a Deployment hibernates, whatever its schedule says. */
export interface HibernationOverride {
  isHibernating: boolean;
  isActive: boolean;
  /** Default: until it is ended. */
  overrideUntil?: string | undefined;
}

export interface RemoteExecution {
  enabled: boolean;
  allowedIpAddressRanges: string[];
  remoteApiUrl: string;
  taskLogBucket?: string | undefined;
  taskLogUrlPattern?: string | undefined;
}

/** A Deployment. `bundles` is shown in the responses of deploys, not of the Deployment. */
export interface DeploymentRecord {
  id: string;
  name: string;
  organizationId: string;
  workspaceId: string;
  workspaceName: string;
  namespace: string;
  status: DeploymentStatus;
  statusReason?: string | undefined;
  type: "STANDARD" | "DEDICATED" | "HYBRID";
  scalingSpec?: { hibernationSpec: { override?: HibernationOverride } } | undefined;
  /** Tasks run in the user's own infrastructure. */
  remoteExecution?: RemoteExecution | undefined;
  executor: "ASTRO" | "CELERY" | "KUBERNETES";
  cloudProvider: string;
  region: string;
  clusterId: string;
  clusterName?: string | undefined;
  description?: string | undefined;
  isDagDeployEnabled: boolean;
  isCicdEnforced: boolean;
  isDevelopmentMode: boolean;
  isHighAvailability: boolean;
  airflowVersion: string;
  astroRuntimeVersion: string;
  /** Deprecated by the service in favour of `astroRuntimeVersion`; both are answered. */
  runtimeVersion: string;
  dagTarballVersion?: string | undefined;
  desiredDagTarballVersion?: string | undefined;
  imageRepository: string;
  imageTag: string;
  imageVersion?: string | undefined;
  bundles: Bundle[];
  /** Default: the emulator's own Airflow. */
  webServerUrl?: string | undefined;
  webServerIngressHostname: string;
  /** Default: that of the emulator's own Airflow. */
  webServerAirflowApiUrl?: string | undefined;
  webServerCpu: string;
  webServerMemory: string;
  apiUrl: string;
  uiUrl: string;
  schedulerCpu: string;
  schedulerMemory: string;
  schedulerReplicas: number;
  schedulerSize: "SMALL" | "MEDIUM" | "LARGE" | "EXTRA_LARGE";
  createdAt: string;
  updatedAt: string;
  createdBy: Subject;
  updatedBy: Subject;
  internal: DeploymentInternals;
}

export interface DeploymentInternals {
  /** Whether it hibernates again when its override ends. */
  hibernatesOtherwise?: boolean;
  /** When it is awake, as epoch milliseconds. Set while it wakes up. */
  awakeAt?: number | undefined;
}

/** What a test or a person says of a Deployment; the rest is filled in. */
export type DeploymentSeed = Partial<Omit<DeploymentRecord, "remoteExecution" | "internal">> & {
  remoteExecution?: Partial<RemoteExecution> & Pick<RemoteExecution, "enabled">;
};

const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";

/** An id that looks like the service's: `c` and 24 lower-case letters and digits. */
export function newId(): string {
  const bytes = randomBytes(24);
  return "c" + Array.from(bytes, (byte) => alphabet.charAt(byte % alphabet.length)).join("");
}

/** The service names an image after the moment of its deploy: `deploy-2023-10-18T09-30-05`. */
export function imageTagOf(time: number, resolution: "minute" | "second"): string {
  const length = resolution === "minute" ? 16 : 19;
  return `deploy-${new Date(time).toISOString().slice(0, length).replaceAll(":", "-")}`;
}
