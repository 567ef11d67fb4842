import { z } from "zod";
import { deployTypes, gitProviders, type GitRequest } from "./types";

/**
 * What the service accepts, and nothing else: these schemas refuse what the service would refuse,
 * before anything is sent. The rules that join several fields are prose in the service's
 * documentation; they stand in `lifecycle/rules.ts`.
 */

/** The longest description that the service stores, in Unicode characters. */
const maxDescriptionLength = 500;

/** The one mount path that the service refuses: it is where the DAGs are. */
export const reservedMountPath = "/usr/local/airflow/dags";

/** An id of the service's: part of a URL's path. */
export const idSchema = z
  .string({ error: (issue) => (issue.input == null ? "is missing" : "must be a string") })
  .min(1, { error: "is empty", abort: true })
  .regex(/^[\w-]+$/, {
    error: ({ input }) =>
      `has a character at position ${String(input).search(/[^\w-]/) + 1} that no id has; it must be the id alone, such as clvdexample0000000000000, not an address or a name`,
  });

/** What is wrong with a value that should be an id, if something is. */
export function idProblem(value: unknown): string | undefined {
  return idSchema.safeParse(value).error?.issues[0]?.message;
}

/** A text that has to say something. */
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

/** Body of `FinalizeDeploy`: the versions that the blob store returned for what was uploaded. */
export interface FinalizeDeployRequest {
  dagTarballVersion?: string;
  /** Empty: the bundle at the deploy's mount path is removed from the Deployment. */
  bundleTarballVersion?: string;
}

/** Body of `DeployRollback`. */
export interface RollbackDeployRequest {
  description?: string;
}
