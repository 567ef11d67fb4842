/**
 * The parts of Astro's requests and responses that a program sees.
 *
 * They are not derived from the schemas, which are checked against them: the published declarations
 * would then need those of zod, with compiler options that many programs do not have.
 */

/** The API versions that this package supports. */
export const apiVersions = ["v1beta1", "v1"] as const;
export type ApiVersion = (typeof apiVersions)[number];

/** What a deploy can ship. */
export const deployTypes = ["IMAGE_AND_DAG", "IMAGE_ONLY", "DAG_ONLY", "BUNDLE"] as const;
export type DeployType = (typeof deployTypes)[number];

/** `GENERIC` exists in API version v1 only. */
export const gitProviders = ["GITHUB", "GENERIC"] as const;
export type GitProvider = (typeof gitProviders)[number];

/** The Git commit that a deploy is made from. */
export interface GitRequest {
  provider: GitProvider;
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

/** Who created or updated a record: a user, or an API token (`SERVICEKEY`). */
export interface Subject {
  id?: string | undefined;
  subjectType?: string | undefined;
  apiTokenName?: string | undefined;
  avatarUrl?: string | undefined;
  fullName?: string | undefined;
  username?: string | undefined;
}

/** The Git commit that a deploy was made from, as Astro reports it. */
export interface DeployGit extends Omit<GitRequest, "provider" | "commitSha"> {
  provider?: string | undefined;
  commitSha?: string | undefined;
}

/** A bundle that is mounted on a Deployment. */
export interface Bundle {
  bundleType?: string | undefined;
  deployId?: string | undefined;
  mountPath?: string | undefined;
  currentVersion?: string | undefined;
  desiredVersion?: string | undefined;
}

/** A deploy, as create, get, list, finalize and rollback return it. */
export interface Deploy {
  id: string;
  deploymentId: string;
  createdAt: string;
  imageRepository: string;
  imageTag: string;
  isDagDeployEnabled: boolean;
  status: string;
  type: string;
  description?: string | undefined;
  airflowVersion?: string | undefined;
  astroRuntimeVersion?: string | undefined;
  /** An Azure blob version: opaque. Parsing it as a date loses its seventh fractional digit. */
  dagTarballVersion?: string | undefined;
  dagsUploadUrl?: string | undefined;
  bundleMountPath?: string | undefined;
  bundleUploadUrl?: string | undefined;
  bundles?: Bundle[] | undefined;
  /** Absent in responses of API version v1beta1. */
  git?: DeployGit | undefined;
  rollbackFromId?: string | undefined;
  createdBySubject?: Subject | undefined;
  updatedAt?: string | undefined;
  updatedBySubject?: Subject | undefined;
  /** Why a deploy failed. The documented v1 response does not have it, but the preview API does. */
  statusReason?: string | undefined;
}

/** The fields of a deploy. In a table, so that the compiler asks for each. */
export const deployFields = Object.keys({
  id: true,
  deploymentId: true,
  createdAt: true,
  imageRepository: true,
  imageTag: true,
  isDagDeployEnabled: true,
  status: true,
  type: true,
  description: true,
  airflowVersion: true,
  astroRuntimeVersion: true,
  dagTarballVersion: true,
  dagsUploadUrl: true,
  bundleMountPath: true,
  bundleUploadUrl: true,
  bundles: true,
  git: true,
  rollbackFromId: true,
  createdBySubject: true,
  updatedAt: true,
  updatedBySubject: true,
  statusReason: true,
} satisfies Record<keyof Deploy, true>) as (keyof Deploy)[];

/** A Deployment, and what runs on it now. */
export interface DeploymentInfo {
  id: string;
  name: string;
  workspaceId?: string | undefined;
  /** `CREATING`, `DEPLOYING`, `HEALTHY`, `HIBERNATING`, `UNHEALTHY` or `UNKNOWN`. */
  status: string;
  statusReason?: string | undefined;
  astroRuntimeVersion?: string | undefined;
  airflowVersion?: string | undefined;
  /** The Airflow UI. */
  uiUrl?: string | undefined;
  /** Airflow's web server, as Astro gives it: `https://` may be missing. */
  webServerUrl?: string | undefined;
  /** Airflow's REST API, as Astro gives it: `https://` may be missing. */
  webServerAirflowApiUrl?: string | undefined;
  isDagDeployEnabled: boolean;
  /** Whether the Deployment takes deploys from API tokens only. */
  isCicdEnforced: boolean;
  /** Opaque version of the DAGs that run; the Astro UI calls it Bundle Version. */
  dagTarballVersion?: string | undefined;
  /** Opaque version of the DAGs that will run once the deploys under way have ended. */
  desiredDagTarballVersion?: string | undefined;
  imageTag?: string | undefined;
  /** As the newest of its latest 50 deploys that is `DEPLOYED` has them. */
  bundles?: Bundle[] | undefined;
}

/** A later deploy that put something else in the place of what another one had shipped. */
export interface SupersedingDeploy {
  deployId: string;
  type: string;
  createdAt: string;
  /** Name or id of the user or API token. */
  by?: string;
}
