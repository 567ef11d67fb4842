import type { z } from "zod";
import { isInnerFolder } from "../artifact/digest";
import { imageNotations, parseImageReference } from "../artifact/image/reference";
import { reservedMountPath, type ApiVersion } from "../astro/requests";
import { deployTypes, gitProviders, type GitRequest } from "../astro/types";
import { argsSchema } from "./inputs";
import { hasUnknown } from "./unknown";

/** One problem with one input, in the engine's terms. */
export interface CheckFailure {
  property: string;
  reason: string;
}

type Args = Record<string, unknown>;

/**
 * Everything that is wrong with the arguments of an AstroDeploy, as far as it can be told while
 * some values are unknown.
 */
export function findFailures(args: Args, apiVersion: ApiVersion): CheckFailure[] {
  return [...fieldFailures(args), ...crossFieldFailures(args, apiVersion)];
}

function fieldFailures(args: Args): CheckFailure[] {
  const parsed = argsSchema.safeParse(args, { reportInput: true });
  if (parsed.success) return [];
  return parsed.error.issues
    .filter((issue) => !hasUnknown(valueAt(args, issue.path)))
    .flatMap(explain);
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

/** Puts a schema issue in words that say what was found and what is allowed. */
function explain(issue: z.core.$ZodIssue): CheckFailure[] {
  const property = issue.path.join(".");
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        property: [...issue.path, key].join("."),
        reason: `is not an input of AstroDeploy${nearest(key)}.`,
      }));
    case "invalid_value": {
      const allowed = `allowed are ${issue.values.join(", ")}.`;
      return [{ property, reason: `${found(issue.input)}; ${allowed}` }];
    }
    case "invalid_type": {
      const hint = missingHints[property] ? ` ${missingHints[property]}` : "";
      return [
        issue.input === undefined || issue.input === null
          ? { property, reason: `is missing.${hint}` }
          : { property, reason: `must be ${article(issue.expected)}, not ${kindOf(issue.input)}.` },
      ];
    }
    default:
      return [{ property, reason: `${issue.message}.` }];
  }
}

const missingHints: Record<string, string> = {
  organizationId:
    "Set it here, as the stack's configuration astro:organizationId, or as ASTRO_ORGANIZATION_ID.",
  deploymentId: "It is the id of the Deployment, as its page in the Astro UI shows it.",
};

function found(value: unknown): string {
  if (value === undefined || value === null) return "is missing";
  return typeof value === "string" ? `is ${JSON.stringify(value)}` : `is ${kindOf(value)}`;
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? "a list" : article(value === null ? "null" : typeof value);
}

function article(kind: string): string {
  return `${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind}`;
}

const inputNames = Object.keys(argsSchema.shape);

/** Finds the input that differs from a misspelt one by case, or by a letter more or less. */
function nearest(key: string): string {
  const name = inputNames.find((known) => {
    const [long, short] = [known.toLowerCase(), key.toLowerCase()].sort(
      (a, b) => b.length - a.length,
    );
    return (
      long !== undefined &&
      short !== undefined &&
      long.length - short.length <= 1 &&
      long.startsWith(short)
    );
  });
  return name === undefined
    ? `; the inputs are ${inputNames.join(", ")}`
    : `; did you mean ${name}`;
}

/** The rules that join several fields: prose in the service's documentation. */
function crossFieldFailures(args: Args, apiVersion: ApiVersion): CheckFailure[] {
  const failures: CheckFailure[] = [];
  const fail = (property: string, reason: string) => failures.push({ property, reason });
  const given = (property: string) => args[property] !== undefined;
  const { type } = args;

  if (deployTypes.some((known) => known === type)) {
    const isBundle = type === "BUNDLE";
    for (const property of ["bundleType", "bundleMountPath"]) {
      if (isBundle && !given(property)) {
        fail(
          property,
          `is missing: a deploy of type BUNDLE needs it${bundleHints[property] ?? ""}.`,
        );
      }
      if (!isBundle && given(property)) {
        fail(property, `belongs to deploys of type BUNDLE only; this one is ${String(type)}.`);
      }
    }
    if (given("bundle") && !isBundle) {
      fail("bundle", `ships with deploys of type BUNDLE only; this one is ${String(type)}.`);
    }
    if (given("dags") && type !== "DAG_ONLY" && type !== "IMAGE_AND_DAG") {
      fail("dags", `ships with DAG_ONLY and IMAGE_AND_DAG only; this deploy is ${String(type)}.`);
    }
  }
  if (given("image") && type !== undefined && (type === "DAG_ONLY" || type === "BUNDLE")) {
    fail("image", `ships with IMAGE_ONLY and IMAGE_AND_DAG only; this deploy is ${type}.`);
  }
  if (
    typeof args.image === "string" &&
    !hasUnknown(args.image) &&
    !parseImageReference(args.image)
  ) {
    fail("image", `is ${JSON.stringify(args.image)}; the forms are ${imageNotations}.`);
  }
  if (type === "IMAGE_AND_DAG" && given("dags") && !given("image")) {
    fail("image", "is missing: a deploy of type IMAGE_AND_DAG that ships dags ships an image too.");
  }
  if (
    given("removeBundleOnDelete") &&
    deployTypes.some((known) => known === type) &&
    type !== "BUNDLE"
  ) {
    fail(
      "removeBundleOnDelete",
      `belongs to deploys of type BUNDLE only; this one is ${String(type)}.`,
    );
  }
  const companions = {
    dagsBaseDir: ["dags"],
    allowEmptyDags: ["dags"],
    exclude: ["dags", "bundle"],
    redeployWhenSuperseded: ["dags", "bundle", "image", "rollbackTo"],
  };
  for (const [property, sources] of Object.entries(companions)) {
    if (given(property) && !sources.some(given)) {
      fail(property, `has no effect without ${sources.join(" or ")}; leave it out, or add that.`);
    }
  }
  const { bundleMountPath } = args;
  if (typeof bundleMountPath === "string" && !hasUnknown(bundleMountPath)) {
    const path = bundleMountPath.replace(/\/+$/, "");
    if (path === reservedMountPath) {
      fail("bundleMountPath", `is ${path}, where the DAGs are; any other path is allowed.`);
    } else if (!path.startsWith("/") || !isInnerFolder(path.slice(1))) {
      fail(
        "bundleMountPath",
        `is ${JSON.stringify(bundleMountPath)}; it must be an absolute path without empty parts, "." and "..", such as /usr/local/airflow/dbt/my_project.`,
      );
    }
  }
  if (typeof args.git === "object" && args.git !== null) {
    const git = args.git as Partial<GitRequest>;
    for (const { property, reason } of gitFailures(git, apiVersion))
      fail(`git.${property}`, reason);
  }
  return failures;
}

const bundleHints: Record<string, string> = {
  bundleType: " (dbt, for example)",
  bundleMountPath: " (/usr/local/airflow/dbt/my_project, for example)",
};

/** What each API generation demands of `git`, by provider. */
const gitRules = {
  v1beta1: {
    GITHUB: { required: ["account", "repo", "branch", "commitUrl"], refused: ["remoteUrl"] },
  },
  v1: {
    GITHUB: { required: ["account", "repo"], refused: ["remoteUrl"] },
    GENERIC: { required: ["remoteUrl"], refused: ["account", "repo"] },
  },
} as const satisfies Record<ApiVersion, object>;

function gitFailures(git: Partial<GitRequest>, apiVersion: ApiVersion): CheckFailure[] {
  const { provider } = git;
  if (!gitProviders.some((known) => known === provider)) return [];
  const rules: Partial<
    Record<
      string,
      { required: readonly (keyof GitRequest)[]; refused: readonly (keyof GitRequest)[] }
    >
  > = gitRules[apiVersion];
  const rule = rules[String(provider)];
  if (!rule) {
    const reason = `is ${String(provider)}, which API version ${apiVersion} does not know; set astro:apiVersion to v1, or use ${Object.keys(rules).join(", ")}.`;
    return [{ property: "provider", reason }];
  }
  const why = `with the provider ${String(provider)} in API version ${apiVersion}`;
  return [
    ...rule.required
      .filter((property) => git[property] === undefined)
      .map((property) => ({ property, reason: `is missing: it is required ${why}.` })),
    ...rule.refused
      .filter((property) => git[property] !== undefined)
      .map((property) => ({ property, reason: `must not be set ${why}.` })),
  ];
}
