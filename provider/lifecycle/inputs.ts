import { z } from "zod";
import { createDeployRequestSchema, type CreateDeployRequest } from "../astro/requests";

/** The inputs of an AstroDeploy as plain values, after `check` has completed them. */
export interface DeployInputs extends CreateDeployRequest {
  organizationId: string;
  deploymentId: string;
  dags?: string | undefined;
  bundle?: string | undefined;
  dagsBaseDir?: string | undefined;
  exclude?: string[] | undefined;
  allowEmptyDags?: boolean | undefined;
  wait?: boolean | undefined;
  /** Digest of what `dags` would ship; set by `check`. */
  dagsDigest?: string;
  /** Digest by file, for the preview: what changed? Set by `check`. */
  dagsFiles?: Record<string, string>;
  /** Digest of what `bundle` would ship; set by `check`. */
  bundleDigest?: string;
  /** Digest by file, for the preview: what changed? Set by `check`. */
  bundleFiles?: Record<string, string>;
}

const filled = z.string().min(1, { error: "is empty" });

/** What a program may pass: types and single-field limits. `rules.ts` has the rest. */
export const argsSchema = createDeployRequestSchema.extend({
  organizationId: filled,
  deploymentId: filled,
  dags: filled.optional(),
  bundle: filled.optional(),
  dagsBaseDir: z
    .string()
    .refine((value) => !value.split("/").includes("..") && !value.startsWith("/"), {
      error: "must be a relative folder name inside the archive, such as dags, or empty",
    })
    .optional(),
  exclude: z.array(z.string()).optional(),
  allowEmptyDags: z.boolean().optional(),
  wait: z.boolean().optional(),
});

/** The part of the inputs that is the body of the POST. */
export function createRequest(inputs: DeployInputs): CreateDeployRequest {
  const { type, description, bundleType, bundleMountPath, git } = inputs;
  return {
    type,
    ...(description !== undefined && { description }),
    ...(bundleType !== undefined && { bundleType }),
    ...(bundleMountPath !== undefined && { bundleMountPath }),
    ...(git !== undefined && { git }),
  };
}

/** Whether the resource ships something itself; otherwise create is exactly the POST. */
export function hasSource(inputs: Pick<DeployInputs, "dags" | "bundle">): boolean {
  return inputs.dags !== undefined || inputs.bundle !== undefined;
}
