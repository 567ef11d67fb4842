import { z } from "zod";
import { isInnerFolder } from "../../artifact/digest";
import {
  createDeployRequestSchema,
  filledSchema,
  idSchema,
  type CreateDeployRequest,
} from "../../astro/requests";

/** The inputs of an AstroDeploy as plain values, after `check` has completed them. */
export interface DeployInputs extends CreateDeployRequest {
  organizationId: string;
  deploymentId: string;
  dags?: string | undefined;
  dagsBaseDir?: string | undefined;
  allowEmptyDags?: boolean | undefined;
  bundle?: string | undefined;
  removeBundleOnDelete?: boolean | undefined;
  exclude?: string[] | undefined;
  image?: string | undefined;
  rollbackTo?: string | undefined;
  redeployWhenSuperseded?: boolean | undefined;
  wait?: boolean | undefined;
  /** Digest of what `dags` would ship; set by `check`. */
  dagsDigest?: string;
  /** Digest by file, for the preview: what changed? Set by `check`. */
  dagsFiles?: Record<string, string>;
  /** Digest of what `bundle` would ship; set by `check`. */
  bundleDigest?: string;
  /** Digest by file, for the preview: what changed? Set by `check`. */
  bundleFiles?: Record<string, string>;
  /** Digest of what `image` names; set by `check`. */
  imageSourceDigest?: string;
}

/** What a program may pass: types and single-field limits. `rules.ts` has the rest. */
export const argsSchema = createDeployRequestSchema.extend({
  organizationId: idSchema,
  deploymentId: idSchema,
  dags: filledSchema.optional(),
  dagsBaseDir: z
    .string()
    .refine(isInnerFolder, {
      error: 'must be a folder inside the archive such as dags, without "/" at its ends, or empty',
    })
    .optional(),
  allowEmptyDags: z.boolean().optional(),
  bundle: filledSchema.optional(),
  removeBundleOnDelete: z.boolean().optional(),
  exclude: z
    .array(
      z.string().refine((pattern) => !/^!?(\.\.?(\/|$)|$)/.test(pattern), {
        error: "matches nothing: patterns are relative to the folder, without ./ and ../",
      }),
    )
    .optional(),
  image: filledSchema.optional(),
  rollbackTo: idSchema.optional(),
  redeployWhenSuperseded: z.boolean().optional(),
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

/**
 * Whether the resource takes the deploy to its end, because it ships something or rolls back.
 * Otherwise create is exactly the POST, and the rest is the program's affair.
 */
export function isManaged(
  inputs: Partial<Pick<DeployInputs, "dags" | "bundle" | "image" | "rollbackTo">>,
): boolean {
  const { dags, bundle, image, rollbackTo } = inputs;
  return [dags, bundle, image, rollbackTo].some((source) => source !== undefined);
}
