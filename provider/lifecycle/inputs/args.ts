import * as z from "zod";
import { isInnerFolder } from "../../artifact/digest";
import { createDeployRequestSchema, filledSchema, idSchema } from "../../astro/requests";
import { fileSourceSchema } from "../sources/fileSourceSchema";

/** What a program may pass: types, and limits of a single field. `validate.ts` has the rest. */
export const argsSchema = z.strictObject({
  organizationId: idSchema,
  deploymentId: idSchema,
  ...createDeployRequestSchema.shape,
  rollbackTo: idSchema.optional(),
  dags: fileSourceSchema.optional(),
  dagsBaseDir: z
    .string()
    .refine(isInnerFolder, {
      error: 'must be a folder inside the archive such as dags, without "/" at its ends, or empty',
    })
    .optional(),
  allowEmptyDags: z.boolean().optional(),
  checkSyntax: z.enum(["error", "warn", "off"]).optional(),
  bundle: fileSourceSchema.optional(),
  removeBundleOnDelete: z.boolean().optional(),
  image: filledSchema.optional(),
  exclude: z
    .array(
      z.string().refine((pattern) => !/^!?(\.\.?(\/|$)|$)/.test(pattern), {
        error: "matches nothing: patterns are relative to the folder, without ./ and ../",
      }),
    )
    .optional(),
  redeployWhenSuperseded: z.boolean().optional(),
  wait: z.boolean().optional(),
  waitFor: z.enum(["DEPLOYED", "HEALTHY"]).optional(),
  wakeUp: z.boolean().optional(),
  reportImportErrors: z.boolean().optional(),
});

export type Args = z.output<typeof argsSchema>;
