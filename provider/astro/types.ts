/**
 * The parts of Astro's requests and responses that a program sees.
 *
 * They are not derived from the schemas, which are checked against them: the published declarations
 * would then need those of zod, with compiler options that many programs do not have.
 */

/** The API versions that this package supports. */
export const apiVersions = ["v1beta1", "v1"] as const;
export type ApiVersion = (typeof apiVersions)[number];

/** What a deploy can ship: DAGs, an image, both, or a bundle. */
export const DeployType = {
  /** An image and DAGs. */
  ImageAndDag: "IMAGE_AND_DAG",
  /** An image. */
  ImageOnly: "IMAGE_ONLY",
  /** DAGs. */
  DagOnly: "DAG_ONLY",
  /** A bundle, such as a dbt project. */
  Bundle: "BUNDLE",
} as const;
/** What a deploy can ship: a member of {@link DeployType}, or the same text. */
export type DeployType = (typeof DeployType)[keyof typeof DeployType];
export const deployTypes = Object.values(DeployType);

/** How far a deploy is. A status that Astro adds later comes through as it is. */
export const DeployStatus = {
  /** Created, and neither of the others yet. */
  Initialized: "INITIALIZED",
  /** Ended well. */
  Deployed: "DEPLOYED",
  /** Ended with an error. */
  Failed: "FAILED",
} as const;
/** How far a deploy is: a member of {@link DeployStatus}, or the same text. */
export type DeployStatus = (typeof DeployStatus)[keyof typeof DeployStatus];

/** `GENERIC` exists in API version v1 only. */
export const gitProviders = ["GITHUB", "GENERIC"] as const;
/** Who hosts a Git repository: GitHub, or any other (`GENERIC`). */
export type GitProvider = (typeof gitProviders)[number];

/** The Git commit that a deploy is made from. */
export interface GitRequest {
  /** `GITHUB`, or in API version v1 also `GENERIC`. */
  provider: GitProvider;
  /** The commit's SHA. */
  commitSha: string;
  /** Account or organization at GitHub. */
  account?: string | undefined;
  /** Repository name at GitHub. */
  repo?: string | undefined;
  /** Branch name. */
  branch?: string | undefined;
  /** The commit's page at the provider. */
  commitUrl?: string | undefined;
  /** The remote's URL, of a `GENERIC` repository. */
  remoteUrl?: string | undefined;
  /** Path within the repository. */
  path?: string | undefined;
  /** The author's name. */
  authorName?: string | undefined;
  /** The author's profile page. */
  authorUrl?: string | undefined;
  /** The author's name at the provider. */
  authorUsername?: string | undefined;
  /** The SHA of the commit before this one. */
  beforeCommitSha?: string | undefined;
}

/** Who created or updated a record: a user, or an API token (`SERVICEKEY`). */
export interface Subject {
  /** The user's or API token's id. */
  id?: string | undefined;
  /** `USER` or `SERVICEKEY`. */
  subjectType?: string | undefined;
  /** The API token's name, if it is one. */
  apiTokenName?: string | undefined;
  /** The user's picture. */
  avatarUrl?: string | undefined;
  /** The user's full name. */
  fullName?: string | undefined;
  /** The user's email address. */
  username?: string | undefined;
}

/** The Git commit that a deploy was made from, as Astro reports it. */
export interface DeployGit extends Omit<GitRequest, "provider" | "commitSha"> {
  /** `GITHUB` or `GENERIC`. */
  provider?: string | undefined;
  /** The commit's SHA. */
  commitSha?: string | undefined;
}

/** A bundle that is mounted on a Deployment. */
export interface Bundle {
  /** The kind of bundle: `dbt`, for example. */
  bundleType?: string | undefined;
  /** The deploy that shipped it. */
  deployId?: string | undefined;
  /** Where it is mounted in the Airflow pods. */
  mountPath?: string | undefined;
  /** Opaque version that runs now. */
  currentVersion?: string | undefined;
  /** Opaque version that will run; empty while the bundle is being removed. */
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
  status: DeployStatus;
  type: DeployType;
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
  /** The Deployment's id. */
  id: string;
  /** The Deployment's name. */
  name: string;
  /** The Workspace that it is in. */
  workspaceId?: string | undefined;
  /** `CREATING`, `DEPLOYING`, `HEALTHY`, `HIBERNATING`, `UNHEALTHY` or `UNKNOWN`. */
  status: string;
  /** Why it has this status, if Astro says it. */
  statusReason?: string | undefined;
  /** Its version of Astro Runtime. */
  astroRuntimeVersion?: string | undefined;
  /** Its version of Airflow. */
  airflowVersion?: string | undefined;
  /** The Airflow UI. */
  uiUrl?: string | undefined;
  /** Airflow's web server, as Astro gives it: `https://` may be missing. */
  webServerUrl?: string | undefined;
  /** Airflow's REST API, as Astro gives it: `https://` may be missing. */
  webServerAirflowApiUrl?: string | undefined;
  /** Whether it takes deploys of DAGs alone. */
  isDagDeployEnabled: boolean;
  /** Whether the Deployment takes deploys from API tokens only. */
  isCicdEnforced: boolean;
  /** Opaque version of the DAGs that run; the Astro UI calls it Bundle Version. */
  dagTarballVersion?: string | undefined;
  /** Opaque version of the DAGs that will run once the deploys under way have ended. */
  desiredDagTarballVersion?: string | undefined;
  /** The tag of the image that it runs. */
  imageTag?: string | undefined;
  /** As the newest of its latest 50 deploys that is `DEPLOYED` has them. */
  bundles?: Bundle[] | undefined;
}

/** A later deploy that put something else in the place of what another one had shipped. */
export interface SupersedingDeploy {
  /** The later deploy's id. */
  deployId: string;
  /** What it shipped: a {@link DeployType}, or another text. */
  type: string;
  /** Time of its creation, ISO 8601 in UTC. */
  createdAt: string;
  /** Name or id of the user or API token. */
  by?: string;
}
