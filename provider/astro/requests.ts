import * as z from "zod";
import { idProblem } from "./id";
import { deployTypes, gitProviders, type GitRequest } from "./types";

/**
 * The requests that Astro accepts: these schemas reject what Astro would reject, before anything is
 * sent. The rules that concern several fields, which Astro documents as prose, are in
 * `lifecycle/inputs/validate.ts`.
 */

/** The longest description that Astro stores, in Unicode characters. */
const maxDescriptionLength = 500;

/** The only mount path that Astro rejects: that of the DAGs. */
export const reservedMountPath = "/usr/local/airflow/dags";

const asId = { error: ({ input }: { input?: unknown }) => idProblem(input) };

/** An id in Astro. */
export const idSchema = z.string(asId).refine((value) => idProblem(value) === undefined, asId);

/** A text that must not be empty. */
export const filledSchema = z.string().min(1, { error: "is empty" });

/** A deploy's description. */
const descriptionSchema = z
  .string()
  .refine((value) => Array.from(value).length <= maxDescriptionLength, {
    error: (issue) =>
      `has ${Array.from(String(issue.input)).length} characters; at most ${maxDescriptionLength} are allowed`,
  });

/** The Git commit that a deploy is made from. */
export const gitRequestSchema = z.strictObject({
  provider: z.enum(gitProviders),
  commitSha: filledSchema,
  account: filledSchema.optional(),
  repo: filledSchema.optional(),
  branch: filledSchema.optional(),
  commitUrl: filledSchema.optional(),
  remoteUrl: filledSchema.optional(),
  path: z.string().optional(),
  authorName: z.string().optional(),
  authorUrl: z.string().optional(),
  authorUsername: z.string().optional(),
  beforeCommitSha: z.string().optional(),
}) satisfies z.ZodType<GitRequest>;

/** Body of `CreateDeploy`. */
export const createDeployRequestSchema = z.strictObject({
  type: z.enum(deployTypes),
  description: descriptionSchema.optional(),
  bundleType: filledSchema.optional(),
  bundleMountPath: filledSchema.optional(),
  git: gitRequestSchema.optional(),
});
export type CreateDeployRequest = z.output<typeof createDeployRequestSchema>;

/** Body of `FinalizeDeploy`: the versions that the blob store returned for the uploads. */
export interface FinalizeDeployRequest {
  dagTarballVersion?: string;
  /** If empty, the bundle at the deploy's mount path is removed from the Deployment. */
  bundleTarballVersion?: string;
}

/** Body of `UpdateDeploymentHibernationOverride`. */
export interface HibernationOverride {
  isHibernating: boolean;
  /** ISO 8601 in UTC. Default: until it is ended. */
  overrideUntil?: string;
}

/** Body of `DeployRollback`. */
export interface RollbackDeployRequest {
  description?: string;
}
