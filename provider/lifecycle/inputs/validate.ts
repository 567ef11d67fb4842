import { closest, distance } from "fastest-levenshtein";
import type * as z from "zod";
import { isInnerFolder } from "../../artifact/digest";
import { imageNotations, parseImageReference } from "../../image/reference";
import { apiVersionFacts } from "../../astro/apiVersions";
import { gitRequestSchema, reservedMountPath } from "../../astro/requests";
import {
  apiVersions,
  deployTypes,
  gitProviders,
  type ApiVersion,
  type GitRequest,
} from "../../astro/types";
import { hasDefaultMountPath } from "../sources/dbt";
import { argsSchema } from "./args";
import { inputTable, type InputName } from "./table";
import { hasUnknown, unknownValue } from "./unknownValue";
import { article, kindOf } from "../text";
import { type MessageCode } from "../../messages";

/** One problem with one input, in the engine's terms. */
export interface CheckFailure {
  property: string;
  reason: string;
  code: MessageCode;
}

type Args = Record<string, unknown>;

/**
 * Everything that is wrong with the arguments of an AstroDeploy, as far as it can be known while
 * some values are unknown.
 */
export function validate(args: Args, apiVersion: ApiVersion): CheckFailure[] {
  return [...fieldFailures(args), ...crossFieldFailures(args, apiVersion)];
}

function fieldFailures(args: Args): CheckFailure[] {
  const parsed = argsSchema.safeParse(args, { reportInput: true });
  if (parsed.success) return [];
  return (
    parsed.error.issues
      // A list or an object is wrong whatever its members will be: those have issues of their own.
      .filter((issue) => valueAt(args, issue.path) !== unknownValue)
      .flatMap(explain)
  );
}

function valueAt(args: Args, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null
        ? (value as Record<PropertyKey, unknown>)[key]
        : value,
    args,
  );
}

/** `git.branch`, `exclude[2]`, `dags["etl.py"]`. */
function nameOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, key) => {
    if (typeof key === "string" && !/^\w+$/.test(key)) return `${name}[${JSON.stringify(key)}]`;
    if (typeof key === "number") return `${name}[${key}]`;
    return name === "" ? String(key) : `${name}.${String(key)}`;
  }, "");
}

/**
 * Puts a schema issue in words that say what was found and what is allowed. The value itself is never
 * quoted: which inputs are secrets is not known here.
 */
function explain(issue: z.core.$ZodIssue): CheckFailure[] {
  const property = nameOf(issue.path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        property: nameOf([...issue.path, key]),
        reason: `is not an input${nearest(key, issue.path[0] === "git" ? gitNames : inputNames)}.`,
        code: "unknown-input",
      }));
    case "invalid_value": {
      const allowed = issue.values.join(", ");
      const reason =
        typeof issue.input === "string"
          ? `must be one of ${allowed}.`
          : `${found(issue.input)}; allowed are ${allowed}.`;
      return [
        { property, reason, code: issue.input === undefined ? "missing-input" : "invalid-input" },
      ];
    }
    case "invalid_type": {
      const hint = missingHints[property] ? ` ${missingHints[property]}` : "";
      const { input, expected } = issue;
      if (input === undefined)
        return [{ property, reason: `is missing.${hint}`, code: "missing-input" }];
      const reason =
        input === null
          ? `is null: give it a value, or leave it out.${hint}`
          : `must be ${article(expected)}, not ${kindOf(input)}.`;
      return [{ property, reason, code: "invalid-input" }];
    }
    default:
      return [{ property, reason: `${issue.message}.`, code: "invalid-input" }];
  }
}

const missingHints: Record<string, string> = {
  organizationId:
    "Set it here, as the stack's configuration astro:organizationId, or as ASTRO_ORGANIZATION_ID.",
  deploymentId: "It is the id of the Deployment, as its page in the Astro UI shows it.",
};

function found(value: unknown): string {
  if (value === undefined) return "is missing";
  if (value === null) return "is null";
  return `is ${kindOf(value)}`;
}

const inputNames = Object.keys(argsSchema.shape);
const gitNames = Object.keys(gitRequestSchema.shape);

/** Finds the input that a misspelt one is meant to be. */
function nearest(key: string, names: readonly string[]): string {
  const name = closest(key, names);
  return distance(key, name) <= maxEditDistance
    ? `; did you mean ${name}`
    : `; known are ${names.join(", ")}`;
}

/** So many letters more, less or other may be a slip of the finger. */
const maxEditDistance = 2;

/** What a deploy of type BUNDLE cannot do without, with an example. */
const bundleExamples = {
  bundleType: "dbt",
  bundleMountPath: "/usr/local/airflow/dbt/my_project",
};

/** The rules that join several fields: prose in the service's documentation. */
function crossFieldFailures(args: Args, apiVersion: ApiVersion): CheckFailure[] {
  const { type, git } = args;
  return [
    ...typeFailures(args),
    ...(type === "BUNDLE" ? missingBundleFailures(args) : []),
    ...(type === "IMAGE_AND_DAG" &&
    args.dags !== undefined &&
    args.dags !== unknownValue &&
    args.image === undefined
      ? [
          {
            property: "image",
            reason:
              "is missing: a deploy of type IMAGE_AND_DAG that ships dags ships an image too.",
            code: "missing-input" as const,
          },
        ]
      : []),
    ...waitFailures(args),
    ...imageFailures(args.image),
    ...mountPathFailures(args.bundleMountPath),
    ...(typeof git === "object" && git !== null ? gitFailures(git, apiVersion) : []),
  ];
}

/** Whether a program asks for something by an input: `false` is what is done without it, too. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== false;
}

/** What the type does not take, or has no effect. */
function typeFailures(args: Args): CheckFailure[] {
  const type = deployTypes.find((known) => known === args.type);
  return (
    Object.keys(args)
      // What is not known yet may turn out not to be given.
      .filter((property) => isGiven(args[property]) && args[property] !== unknownValue)
      .flatMap((property): CheckFailure[] => {
        const { types, requiresOneOf } = factsOf(property);
        if (type !== undefined && types && !types.includes(type)) {
          const reason = `belongs to deploys of type ${types.join(" or ")} only; leave it out, or change the type.`;
          return [{ property, reason, code: "input-of-other-type" }];
        }
        if (requiresOneOf && !requiresOneOf.some((source) => isGiven(args[source]))) {
          const reason = `has no effect without ${requiresOneOf.join(" or ")}; leave it out, or add that.`;
          return [{ property, reason, code: "input-without-effect" }];
        }
        return [];
      })
  );
}

/** Nothing is known of what is no input. */
function factsOf(property: string): Partial<(typeof inputTable)[InputName]> {
  return Object.hasOwn(inputTable, property) ? inputTable[property as InputName] : {};
}

function missingBundleFailures(args: Args): CheckFailure[] {
  return Object.entries(bundleExamples)
    .filter(([property]) => args[property] === undefined)
    .filter(([property]) => property !== "bundleMountPath" || !hasDefaultMountPath(args))
    .map(([property, example]) => ({
      property,
      reason: `is missing: a deploy of type BUNDLE needs it (${example}, for example).`,
      code: "missing-input",
    }));
}

/** What is done at or after the deploy's end is not done if nobody waits for that. */
function waitFailures(args: Args): CheckFailure[] {
  if (args.wait !== false) return [];
  return afterTheEnd
    .filter(({ property, value }) => args[property] === value)
    .map(({ property, value, why }) => ({
      property,
      reason: `cannot be ${value} with wait: false, ${why}; leave wait out.`,
      code: "wait-needed",
    }));
}

const afterTheEnd = [
  { property: "waitFor", value: "HEALTHY", why: "which waits for nothing" },
  {
    property: "wakeUp",
    value: true,
    why: "since the Deployment hibernates again when the deploy has ended",
  },
  {
    property: "reportImportErrors",
    value: true,
    why: "since Airflow imports the DAGs only when the deploy is DEPLOYED",
  },
] as const satisfies readonly { property: InputName; value: unknown; why: string }[];

function imageFailures(image: unknown): CheckFailure[] {
  if (typeof image !== "string" || hasUnknown(image) || parseImageReference(image)) return [];
  const reason = `is in none of the forms ${imageNotations}.`;
  return [{ property: "image", reason, code: "invalid-input" }];
}

export function mountPathFailures(mountPath: unknown): CheckFailure[] {
  if (typeof mountPath !== "string" || hasUnknown(mountPath)) return [];
  const fail = (reason: string) => [
    { property: "bundleMountPath", reason, code: "invalid-input" as const },
  ];
  if (mountPath.replace(/\/+$/, "") === reservedMountPath) {
    return fail(`is ${reservedMountPath}, where the DAGs are; any other path is allowed.`);
  }
  // With "/" at its end it would be another text for the same place.
  if (mountPath.length > 1 && mountPath.startsWith("/") && isInnerFolder(mountPath.slice(1)))
    return [];
  return fail(
    `${mountPathProblem(mountPath)}; it must be an absolute path without "/" at its end, empty parts, "." and "..", such as ${bundleExamples.bundleMountPath}.`,
  );
}

function mountPathProblem(mountPath: string): string {
  if (!mountPath.startsWith("/")) return 'does not begin with "/"';
  if (mountPath.endsWith("/")) return 'ends with "/"';
  const parts = mountPath.slice(1).split("/");
  const at = parts.findIndex((part) => !isInnerFolder(part) || part === "");
  return `has ${parts[at] === "" ? "nothing" : '"." or ".."'} as part ${at + 1} of ${parts.length}`;
}

function gitFailures(git: Partial<GitRequest>, apiVersion: ApiVersion): CheckFailure[] {
  const provider = gitProviders.find((known) => known === git.provider);
  if (provider === undefined) return [];
  const { git: rules } = apiVersionFacts[apiVersion];
  const rule = rules[provider];
  if (!rule) {
    const others = apiVersions.filter((version) => apiVersionFacts[version].git[provider]);
    const reason = `is not known to API version ${apiVersion}; set astro:apiVersion to ${others.join(" or ")}, or use ${Object.keys(rules).join(", ")}.`;
    return [{ property: "git.provider", reason, code: "git-rules" }];
  }
  const why = `with the provider ${provider} in API version ${apiVersion}`;
  return [
    ...rule.required
      .filter((property) => git[property] === undefined)
      .map((property) => ({
        property: `git.${property}`,
        reason: `is missing: it is required ${why}.`,
        code: "git-rules" as const,
      })),
    ...rule.refused
      .filter((property) => git[property] !== undefined && !hasUnknown(git[property]))
      .map((property) => ({
        property: `git.${property}`,
        reason: `must not be set ${why}.`,
        code: "git-rules" as const,
      })),
  ];
}
