import * as z from "zod";
import { redact } from "../http/redact";
import type { Bundle, Deploy, DeployGit, DeployStatus, DeployType, Subject } from "./types";

/**
 * Astro's responses, field by field.
 *
 * Required fields are enforced. Fields that Astro adds later are dropped, and `status`, `type` and
 * the other enumerations are open strings, so that new values do not break a running program.
 * Fields that are only shown are never required.
 */

/** An optional field. Astro omits it; some gateways send `null` instead. */
function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined);
}

/** An optional text. An empty one counts as absent. */
const text = optional(z.string()).transform((value) => (value === "" ? undefined : value));

/** Like {@link text}, for a field that is only shown. */
const shownText = text.catch(undefined);

/** An open enumeration: any text passes, though the type names the documented ones. */
function open<T extends string>() {
  return z.string() as unknown as z.ZodType<T>;
}

/** While a bundle is being removed, its desired version is empty. */
const bundleVersion = optional(z.string()).catch(undefined);

/** Who created or updated a record: a user, or an API token (`SERVICEKEY`). */
const subjectSchema: z.ZodType<Subject> = z.object({
  id: text,
  subjectType: shownText,
  apiTokenName: shownText,
  avatarUrl: shownText,
  fullName: shownText,
  username: shownText,
});

/** The Git commit that a deploy was made from, as Astro reports it. */
const deployGitSchema: z.ZodType<DeployGit> = z.object({
  provider: shownText,
  commitSha: text,
  account: shownText,
  repo: shownText,
  branch: shownText,
  commitUrl: shownText,
  remoteUrl: shownText,
  path: shownText,
  authorName: shownText,
  authorUrl: shownText,
  authorUsername: shownText,
  beforeCommitSha: shownText,
});

/** A bundle that is mounted on a Deployment. */
const bundleSchema: z.ZodType<Bundle> = z.object({
  bundleType: shownText,
  deployId: shownText,
  mountPath: shownText,
  currentVersion: bundleVersion,
  desiredVersion: bundleVersion,
});

/** A deploy, as create, get, list, finalize and rollback return it. */
const deployShape = {
  id: z.string().min(1),
  deploymentId: z.string(),
  createdAt: z.string(),
  imageRepository: z.string(),
  imageTag: z.string(),
  isDagDeployEnabled: z.boolean(),
  status: open<DeployStatus>(),
  type: open<DeployType>(),
  description: text,
  airflowVersion: shownText,
  astroRuntimeVersion: shownText,
  /** An Azure blob version: opaque. Parsing it as a date loses its seventh fractional digit. */
  dagTarballVersion: text,
  dagsUploadUrl: text,
  bundleMountPath: text,
  bundleUploadUrl: text,
  bundles: optional(z.array(bundleSchema)).catch(undefined),
  git: optional(deployGitSchema),
  rollbackFromId: text,
  createdBySubject: optional(subjectSchema),
  updatedAt: text,
  updatedBySubject: optional(subjectSchema).catch(undefined),
  /** Why a deploy failed. The documented v1 response does not have it, but the preview API does. */
  statusReason: shownText.transform((reason) => reason && redact(reason)),
} satisfies Record<keyof Deploy, z.ZodType>;
export const deploySchema: z.ZodType<Deploy> = z.object(deployShape);

/** One page of a Deployment's deploys. */
export const deploysPageSchema = z.object({
  deploys: z.array(deploySchema),
  totalCount: z.number(),
});

/** Whether a Deployment hibernates, whatever its schedule says. */
export const hibernationOverrideSchema = z.object({
  isHibernating: z.boolean(),
  isActive: optional(z.boolean()),
  overrideUntil: text,
});

/** The fields of a Deployment that a deploy depends on, and those that a look-up shows. */
export const deploymentSchema = z.object({
  id: z.string(),
  name: z.string(),
  workspaceId: shownText,
  status: z.string(),
  /** Why it is `UNHEALTHY`, for example. */
  statusReason: shownText.transform((reason) => reason && redact(reason)),
  isDagDeployEnabled: z.boolean(),
  isCicdEnforced: z.boolean(),
  /** `STANDARD`, `DEDICATED` or `HYBRID`. */
  type: text,
  /** For a Deployment whose tasks run in the user's own infrastructure. */
  remoteExecution: optional(z.object({ enabled: z.boolean() })),
  astroRuntimeVersion: text,
  runtimeVersion: text,
  dagTarballVersion: text,
  desiredDagTarballVersion: text,
  scalingSpec: optional(
    z.object({
      hibernationSpec: optional(z.object({ override: optional(hibernationOverrideSchema) })),
    }),
  ).catch(undefined),
  airflowVersion: shownText,
  imageTag: shownText,
  uiUrl: shownText,
  /** Without a scheme, as the next one. */
  webServerUrl: shownText,
  webServerAirflowApiUrl: shownText,
});

/** One page of an Organization's Deployments. */
export const deploymentsPageSchema = z.object({
  deployments: z.array(deploymentSchema),
  totalCount: z.number(),
});

/** What a Deployment may use, as far as a deploy depends on it: versions of Astro Runtime. */
export const deploymentOptionsSchema = z.object({
  runtimeReleases: z.array(z.object({ version: z.string() })),
});

/** An answer without a body. */
export const noContentSchema = z.literal("");

/**
 * The body of an error. A response without the required fields is not Astro's. `fieldErrors` exists
 * in v1 only, for validation errors.
 */
export const errorBodySchema = z.object({
  message: z.string(),
  requestId: z.string(),
  statusCode: z.number(),
  fieldErrors: optional(z.array(z.object({ field: z.string(), message: z.string() }))).catch(
    undefined,
  ),
});

export type DeploymentsPage = z.output<typeof deploymentsPageSchema>;
export type DeploymentOptions = z.output<typeof deploymentOptionsSchema>;
export type DeploysPage = z.output<typeof deploysPageSchema>;
export type PresentOverride = z.output<typeof hibernationOverrideSchema>;
export type Deployment = z.output<typeof deploymentSchema>;
