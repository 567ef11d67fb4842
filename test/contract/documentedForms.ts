import { z } from "zod";

// What the service documents of its answers, in each generation. Nothing else may be in them.

/** Whole seconds, in UTC. */
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const text = z.string();
const texts = z.array(text);
const flag = z.boolean();
const integer = z.int();

const subject = z.strictObject({
  id: text,
  subjectType: z.enum(["USER", "SERVICEKEY"]).optional(),
  apiTokenName: text.optional(),
  avatarUrl: text.optional(),
  fullName: text.optional(),
  username: text.optional(),
});

const bundle = z.strictObject({
  bundleType: text,
  deployId: text,
  mountPath: text,
  currentVersion: text.optional(),
  desiredVersion: text.optional(),
});

const deploy = {
  id: text,
  deploymentId: text,
  createdAt: time,
  imageRepository: text,
  imageTag: text,
  isDagDeployEnabled: flag,
  status: z.enum(["INITIALIZED", "DEPLOYED", "FAILED"]),
  type: z.enum(["IMAGE_AND_DAG", "IMAGE_ONLY", "DAG_ONLY"]),
  airflowVersion: text.optional(),
  astroRuntimeVersion: text.optional(),
  bundleMountPath: text.optional(),
  bundleUploadUrl: z.url().optional(),
  bundles: z.array(bundle).optional(),
  createdBySubject: subject.optional(),
  dagTarballVersion: text.optional(),
  dagsUploadUrl: z.url().optional(),
  description: text.optional(),
  rollbackFromId: text.optional(),
  updatedAt: time.optional(),
  updatedBySubject: subject.optional(),
};

const git = z.strictObject({
  provider: z.enum(["GITHUB", "GENERIC"]),
  commitSha: text,
  account: text.optional(),
  authorName: text.optional(),
  authorUrl: text.optional(),
  authorUsername: text.optional(),
  beforeCommitSha: text.optional(),
  branch: text.optional(),
  commitUrl: text.optional(),
  path: text.optional(),
  remoteUrl: text.optional(),
  repo: text.optional(),
});

const hibernationOverride = z.strictObject({
  isHibernating: flag,
  isActive: flag.optional(),
  overrideUntil: time.optional(),
});

const deployment = {
  id: text,
  name: text,
  organizationId: text,
  workspaceId: text,
  namespace: text,
  status: z.enum(["CREATING", "DEPLOYING", "HEALTHY", "HIBERNATING", "UNHEALTHY", "UNKNOWN"]),
  airflowVersion: text,
  astroRuntimeVersion: text,
  runtimeVersion: text,
  apiUrl: text,
  uiUrl: text,
  imageRepository: text,
  imageTag: text,
  isCicdEnforced: flag,
  isDagDeployEnabled: flag,
  schedulerCpu: text,
  schedulerMemory: text,
  schedulerReplicas: integer,
  webServerAirflowApiUrl: text,
  webServerCpu: text,
  webServerIngressHostname: text,
  webServerMemory: text,
  webServerUrl: text,
  createdAt: time,
  createdBy: subject,
  updatedAt: time,
  updatedBy: subject,
  cloudProvider: z.enum(["AWS", "AZURE", "GCP"]).optional(),
  clusterId: text.optional(),
  clusterName: text.optional(),
  contactEmails: texts.optional(),
  dagTarballVersion: text.optional(),
  defaultTaskPodCpu: text.optional(),
  defaultTaskPodMemory: text.optional(),
  description: text.optional(),
  desiredDagTarballVersion: text.optional(),
  executor: z.enum(["ASTRO", "CELERY", "KUBERNETES"]).optional(),
  externalIPs: texts.optional(),
  imageVersion: text.optional(),
  isDevelopmentMode: flag.optional(),
  isHighAvailability: flag.optional(),
  oidcIssuerUrl: text.optional(),
  region: text.optional(),
  remoteExecution: z
    .strictObject({
      enabled: flag,
      allowedIpAddressRanges: texts,
      remoteApiUrl: text,
      taskLogBucket: text.optional(),
      taskLogUrlPattern: text.optional(),
    })
    .optional(),
  resourceQuotaCpu: text.optional(),
  resourceQuotaMemory: text.optional(),
  scalingSpec: z
    .strictObject({
      hibernationSpec: z.strictObject({ override: hibernationOverride.optional() }).optional(),
    })
    .optional(),
  schedulerAu: integer.optional(),
  schedulerSize: z.enum(["SMALL", "MEDIUM", "LARGE", "EXTRA_LARGE"]).optional(),
  statusReason: text.optional(),
  taskPodNodePoolId: text.optional(),
  type: z.enum(["DEDICATED", "HYBRID", "STANDARD"]).optional(),
  webServerReplicas: integer.optional(),
  workspaceName: text.optional(),
};

const number = z.number();
const rangeOf = (value: z.ZodType) =>
  z.strictObject({ ceiling: value, default: value, floor: value });
const resource = z.strictObject({ cpu: rangeOf(text), memory: rangeOf(text) });
const machine = z.strictObject({
  cpu: text,
  memory: text,
  concurrency: number.optional(),
  ephemeralStorage: text.optional(),
});

const deploymentOptions = z.strictObject({
  executors: texts,
  resourceQuotas: z.strictObject({ defaultPodSize: resource, resourceQuota: resource }),
  runtimeReleases: z.array(
    z.strictObject({
      version: text,
      airflowVersion: text,
      channel: text,
      releaseDate: time,
      airflowDatabaseMigration: flag,
      stellarDatabaseMigration: flag,
    }),
  ),
  schedulerMachines: z.array(
    z.strictObject({ name: z.enum(["SMALL", "MEDIUM", "LARGE", "EXTRA_LARGE"]), spec: machine }),
  ),
  workerMachines: z.array(
    z.strictObject({
      name: z.enum(["A5", "A10", "A20", "A40", "A60", "A120", "A160"]),
      concurrency: rangeOf(number),
      spec: machine,
    }),
  ),
  workerQueues: z.strictObject({
    maxWorkers: rangeOf(number),
    minWorkers: rangeOf(number),
    workerConcurrency: rangeOf(number),
  }),
  workloadIdentityOptions: z.array(z.strictObject({ label: text, role: text })).optional(),
});

const organization = z.strictObject({
  id: text,
  name: text,
  allowEnhancedSupportAccess: flag,
  createdAt: time,
  createdBy: subject,
  hasAllowedIpAddressRanges: flag,
  isBlockedEnableAiFeatures: flag,
  isScimEnabled: flag,
  productPlans: z.array(z.looseObject({})),
  shouldEnforceDedicatedClusters: flag,
  updatedAt: time,
  updatedBy: subject,
  billingEmail: text.optional(),
  product: z.enum(["HOSTED", "HYBRID"]).optional(),
  status: z.enum(["ACTIVE", "INACTIVE", "SUSPENDED"]).optional(),
  trialExpiresAt: time.optional(),
});

const workspace = z.strictObject({
  id: text,
  name: text,
  cicdEnforcedDefault: flag,
  createdAt: time,
  organizationId: text,
  updatedAt: time,
  createdBy: subject.optional(),
  defaultClusterId: text.optional(),
  description: text.optional(),
  organizationName: text.optional(),
  updatedBy: subject.optional(),
});

const cluster = z.strictObject({
  id: text,
  name: text,
  cloudProvider: z.enum(["AWS", "AZURE", "GCP"]),
  createdAt: time,
  dbInstanceType: text,
  drRegion: text,
  isDrEnabled: flag,
  organizationId: text,
  region: text,
  status: z.enum([
    "ACCESS_DENIED",
    "CREATED",
    "CREATE_FAILED",
    "CREATING",
    "FAILING_OVER",
    "FAILOVER_FAILED",
    "UPDATE_FAILED",
    "UPDATING",
    "UPGRADE_PENDING",
  ]),
  type: z.enum(["DEDICATED", "HYBRID"]),
  updatedAt: time,
  vpcSubnetRange: text,
  isLimited: flag.optional(),
  workspaceIds: texts.optional(),
});

const page = { limit: integer, offset: integer, totalCount: integer };

const error = { message: text, requestId: text, statusCode: integer };

const forms = (Deploy: z.ZodType, Deployment: z.ZodType) => ({
  Deploy,
  Deployment,
  DeploymentOptions: deploymentOptions,
  DeploymentHibernationOverride: hibernationOverride,
  DeploysPaginated: z.strictObject({ ...page, deploys: z.array(Deploy) }),
  DeploymentsPaginated: z.strictObject({ ...page, deployments: z.array(Deployment) }),
});

/** By the service's names. */
export const documentedForms = {
  v1beta1: {
    ...forms(z.strictObject(deploy), z.strictObject(deployment)),
    Error: z.strictObject(error),
  },
  v1: {
    ...forms(z.strictObject({ ...deploy, git: git.optional() }), z.strictObject(deployment)),
    Error: z.strictObject({
      ...error,
      fieldErrors: z.array(z.strictObject({ field: text, code: text, message: text })).optional(),
    }),
  },
};

/** What the `astro` CLI reads before its commands, in v1 only. */
export const documentedOrganizationForms = {
  Organization: organization,
  OrganizationsPaginated: z.strictObject({ ...page, organizations: z.array(organization) }),
  Workspace: workspace,
  WorkspacesPaginated: z.strictObject({ ...page, workspaces: z.array(workspace) }),
  Cluster: cluster,
  ClustersPaginated: z.strictObject({ ...page, clusters: z.array(cluster) }),
};

/** Beside 200. That a client is sent 429 is documented for all, and not with the operations. */
export const documentedErrors: Readonly<Record<string, readonly number[]>> = {
  ListDeployments: [400, 401, 403, 500],
  GetDeployment: [400, 401, 403, 404, 500],
  GetDeploymentOptions: [400, 401, 403, 500],
  UpdateDeploymentHibernationOverride: [400, 401, 403, 404, 500],
  DeleteDeploymentHibernationOverride: [400, 401, 403, 404, 500],
  ListDeploys: [400, 401, 403, 404, 500],
  CreateDeploy: [400, 401, 403, 404, 500],
  GetDeploy: [400, 401, 403, 404, 500],
  UpdateDeploy: [400, 401, 403, 404, 500],
  FinalizeDeploy: [400, 401, 403, 500],
  DeployRollback: [400, 401, 403, 404, 500],
};
