import * as z from "zod";
import { deployTypes } from "../state/records";
import { invalidFields, type FieldError } from "./errors";

/** The mount path that belongs to the Deployment's DAGs: no bundle may take it. */
const dagsMountPath = "/usr/local/airflow/dags";

/** The service counts characters, not UTF-16 units. */
const description = z.string().refine((text) => Array.from(text).length <= 500, {
  message: "must be at most 500 characters",
  params: { code: "max" },
});

/** A text that counts as missing when it is empty, as the service's validation has it. */
const required = z
  .string()
  .refine((text) => text !== "", { message: "is required", params: { code: "required" } });

const gitFields = {
  commitSha: required,
  account: z.string().optional(),
  repo: z.string().optional(),
  branch: z.string().optional(),
  commitUrl: z.string().optional(),
  remoteUrl: z.string().optional(),
  path: z.string().optional(),
  authorName: z.string().optional(),
  authorUrl: z.string().optional(),
  authorUsername: z.string().optional(),
  beforeCommitSha: z.string().optional(),
};

const gitByVersion = {
  v1beta1: z.object({
    provider: z.enum(["GITHUB"]),
    ...gitFields,
    account: required,
    repo: required,
    branch: required,
    commitUrl: required,
    remoteUrl: z.undefined().catch(undefined),
  }),
  v1: z
    .object({ provider: z.enum(["GITHUB", "GENERIC"]), ...gitFields })
    .superRefine((git, context) => {
      const needed = git.provider === "GITHUB" ? ["account", "repo"] : ["remoteUrl"];
      const excluded = git.provider === "GITHUB" ? ["remoteUrl"] : ["account", "repo"];
      const value = (field: string) => git[field as "account" | "repo" | "remoteUrl"] ?? "";
      for (const field of needed.filter((name) => value(name) === "")) {
        refuse(context, [field], "required", `is required if provider is ${git.provider}`);
      }
      for (const field of excluded.filter((name) => value(name) !== "")) {
        refuse(context, [field], "excluded", `must be empty if provider is ${git.provider}`);
      }
    }),
};

const createShape = {
  type: z.enum(deployTypes),
  description: description.optional(),
  bundleMountPath: z.string().optional(),
  bundleType: z.string().optional(),
};

function checkBundle(
  body: z.output<z.ZodObject<typeof createShape>>,
  context: z.RefinementCtx,
): void {
  if (body.type !== "BUNDLE") return;
  for (const field of ["bundleMountPath", "bundleType"] as const) {
    if (!body[field]) refuse(context, [field], "required", "is required if type is BUNDLE");
  }
  if (body.bundleMountPath?.replace(/\/+$/, "") === dagsMountPath) {
    refuse(context, ["bundleMountPath"], "invalid", `must not be ${dagsMountPath}`);
  }
}

export const createBody = {
  v1beta1: z
    .object({ ...createShape, git: gitByVersion.v1beta1.optional() })
    .superRefine(checkBundle),
  v1: z.object({ ...createShape, git: gitByVersion.v1.optional() }).superRefine(checkBundle),
};

/** The body of UpdateDeploy and of DeployRollback. */
export const descriptionBody = z.object({ description: description.optional() });

export const finalizeBody = z.object({
  dagTarballVersion: z.string().optional(),
  bundleTarballVersion: z.string().optional(),
});

export const hibernationOverrideBody = z.object({
  isHibernating: z.boolean(),
  overrideUntil: z.iso.datetime().optional(),
});

/** Query parameters arrive as text. */
const count = (fallback: number, max?: number) =>
  z
    .string()
    .regex(/^-?\d+$/, "must be a whole number")
    .default(String(fallback))
    .transform(Number)
    .pipe(max === undefined ? z.number().min(0) : z.number().min(0).max(max));

/** The service documents the largest `limit` of ListDeploys, and none of ListDeployments. */
export const deploysPage = z.object({ offset: count(0), limit: count(20, 1000) });

/** Of lists without a documented largest `limit`. */
export const offsetAndLimit = z.object({ offset: count(0), limit: count(20) });

export const deploymentsPage = z.object({
  offset: count(0),
  limit: count(20),
  sorts: z.array(
    z.enum([
      "name:asc",
      "name:desc",
      "createdAt:asc",
      "createdAt:desc",
      "updatedAt:asc",
      "updatedAt:desc",
    ]),
  ),
});

export type FinalizeBody = z.output<typeof finalizeBody>;
export type DeploymentsPage = z.output<typeof deploymentsPage>;

/** The service's binding takes a member that is null for one that is missing. */
function withoutNulls(body: unknown): unknown {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(
    Object.entries(body)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, withoutNulls(value)]),
  );
}

/** @throws ApiError 400 that names the fields at fault. */
export function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(withoutNulls(input), { reportInput: true });
  if (result.success) return result.data;
  throw invalidFields(result.error.issues.map(fieldErrorOf));
}

function fieldErrorOf(issue: z.core.$ZodIssue): FieldError {
  const field = issue.path.join(".") || "body";
  if (issue.code === "custom") {
    const code: unknown = issue.params?.code;
    return { field, code: typeof code === "string" ? code : "invalid", message: issue.message };
  }
  if (issue.input === undefined) return { field, code: "required", message: "is required" };
  switch (issue.code) {
    case "invalid_value":
      return { field, code: "oneof", message: `must be one of ${issue.values.join(", ")}` };
    case "invalid_type":
      return { field, code: "type", message: `must be of type ${issue.expected}` };
    case "too_small":
      return { field, code: "min", message: `must be at least ${issue.minimum}` };
    case "too_big":
      return { field, code: "max", message: `must be at most ${issue.maximum}` };
    default:
      return { field, code: "invalid", message: issue.message };
  }
}

function refuse(context: z.RefinementCtx, path: string[], code: string, message: string): void {
  context.addIssue({ code: "custom", path, message, params: { code } });
}
