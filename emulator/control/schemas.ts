import * as z from "zod";
import { operations, type Operation } from "../api/operations";
import { deploymentStatuses, deployTypes } from "../state/records";

// The JSON of what a test asks for, in requests to `/_emulator` and on the command line. Unknown
// members are refused, so that a misspelt one does not count for nothing.

const others = [
  "PutBlob",
  "PutBlock",
  "PutBlockList",
  "ListImportErrors",
  "ListDags",
  "Unknown",
] as const satisfies readonly Operation[];

const gitTexts = Object.fromEntries(
  (
    [
      "account",
      "repo",
      "branch",
      "commitUrl",
      "remoteUrl",
      "path",
      "authorName",
      "authorUrl",
      "authorUsername",
      "beforeCommitSha",
    ] as const
  ).map((name) => [name, z.string().optional()]),
);

/** What a fault can hit. */
export const operationNames: readonly (Operation | "*")[] = [
  "*",
  ...(Object.keys(operations) as (keyof typeof operations)[]),
  ...others,
];

const count = z.int().min(0);

/** JSON has no infinity: it is the text, as in Protobuf's JSON. */
const duration = z.union([z.number().min(0), z.literal("Infinity").transform(() => Infinity)]);

const faultKind = z.union([
  z.enum(["reset", "hang", "truncate", "html", "shape"]),
  z.strictObject({
    status: z.int().min(200).max(599),
    body: z.unknown().optional(),
    headers: z.record(z.string(), z.string()).optional(),
  }),
  z.strictObject({ html: z.int().min(200).max(599) }),
  z.strictObject({ trickleMs: count }),
  z.strictObject({ cutAfterBytes: count }),
]);

export const faultSchema = z.strictObject({
  operation: z.enum(operationNames as [Operation | "*", ...(Operation | "*")[]]),
  times: z.int().min(1).optional(),
  skip: count.optional(),
  when: z.enum(["before", "after"]).optional(),
  how: faultKind,
});

export const planSchema = z.strictObject({
  deploymentId: z.string().optional(),
  times: z.int().min(1).optional(),
  status: z.enum(["DEPLOYED", "FAILED"]).optional(),
  reason: z.string().optional(),
  processingMs: duration.optional(),
  rolloutMs: duration.optional(),
  unhealthy: z.string().optional(),
});

export const importFaultSchema = z.strictObject({
  deploymentId: z.string().optional(),
  file: z.string(),
  trace: z.string(),
  dagTarballVersion: z.string().optional(),
});

export const finishSchema = z.strictObject({
  status: z.enum(["DEPLOYED", "FAILED"]).optional(),
  reason: z.string().optional(),
});

export const foreignDeploySchema = z.strictObject({
  type: z.enum(deployTypes).optional(),
  description: z.string().optional(),
  bundleType: z.string().optional(),
  bundleMountPath: z.string().optional(),
  version: z.string().optional(),
  git: z.object({ provider: z.string(), commitSha: z.string(), ...gitTexts }).optional(),
  subject: z
    .strictObject({
      id: z.string(),
      subjectType: z.enum(["USER", "SERVICEKEY"]).optional(),
      apiTokenName: z.string().optional(),
      avatarUrl: z.string().optional(),
      fullName: z.string().optional(),
      username: z.string().optional(),
    })
    .optional(),
  status: z.enum(["INITIALIZED", "DEPLOYED", "FAILED"]).optional(),
});

/** What of a Deployment a test may change. */
export const deploymentSchema = z.strictObject({
  name: z.string().optional(),
  status: z.enum(deploymentStatuses).optional(),
  statusReason: z.string().optional(),
  isDagDeployEnabled: z.boolean().optional(),
  isCicdEnforced: z.boolean().optional(),
  isDevelopmentMode: z.boolean().optional(),
  executor: z.enum(["ASTRO", "CELERY", "KUBERNETES"]).optional(),
});

export const advanceSchema = z.strictObject({ ms: z.number() });

export const endedVersionSchema = z.strictObject({
  apiVersion: z.enum(["v1beta1", "v1"]),
  status: z.union([z.literal(404), z.literal(410)]).optional(),
});

export const tokenSchema = z.strictObject({
  token: z.string().min(1).optional(),
  kind: z.enum(["apiToken", "user"]).optional(),
  deployments: z.array(z.string()).optional(),
  canDeploy: z.boolean().optional(),
});

export const revokedTokenSchema = z.strictObject({ token: z.string() });
