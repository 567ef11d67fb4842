import type { YAMLParseError } from "yaml";
import * as z from "zod";
import { readTextOf, type Tree } from "../../artifact/fileMap";
import { excluder } from "../../artifact/walk";
import type { Session } from "../session";
import type { DeployInputs } from "../inputs/table";
import { hasUnknown, unknownValue } from "../inputs/unknownValue";

/** What makes a folder a dbt project. */
const dbtProject = "dbt_project.yml";

const dbtProjectSchema = z.object({ name: z.string().min(1) });

/** Where the `astro` CLI mounts a dbt project, followed by the project's name. */
const mountRoot = "/usr/local/airflow/dbt/";

/** Whether the mount path is left to the name of the dbt project. */
export function hasDefaultMountPath(
  args: Partial<Record<"bundle" | "bundleType" | "bundleMountPath", unknown>>,
): boolean {
  const { bundle, bundleType, bundleMountPath } = args;
  const mayBeDbt = bundleType === "dbt" || hasUnknown(bundleType);
  return mayBeDbt && bundle !== undefined && bundleMountPath === undefined;
}

/**
 * The mount path of a dbt project for which none is given, as the `astro` CLI has it.
 *
 * @param tree - The project's files.
 * @returns undefined if they are no dbt project: {@link dbtRefusal} says why.
 */
export async function defaultMountPath(
  session: Session,
  { bundleType, exclude = [] }: DeployInputs,
  tree: Tree,
): Promise<string | undefined> {
  if (hasUnknown([tree, bundleType, exclude])) return unknownValue;
  const project = await session.memo.once("dbt project", [tree, exclude], () =>
    readProject(tree, exclude),
  );
  return "name" in project ? mountRoot + project.name : undefined;
}

/** Why files are no dbt project. The `astro` CLI asks for the same: the file, and a name. */
export async function dbtRefusal(
  tree: Tree,
  exclude: readonly string[],
): Promise<string | undefined> {
  if (excluder(exclude)(dbtProject, false)) {
    return `\`exclude\` matches ${dbtProject}, without which it is no dbt project; remove that pattern.`;
  }
  const project = await readProject(tree, exclude);
  return "problem" in project ? project.problem : undefined;
}

async function readProject(
  tree: Tree,
  exclude: readonly string[],
): Promise<{ name: string } | { problem: string }> {
  const is = "is no dbt project";
  const text = await readTextOf(tree, dbtProject, { exclude });
  if (text === undefined) {
    return { problem: `${is}: it has no ${dbtProject}. Name the folder that has it.` };
  }
  // Few programs have such a project.
  const { parse, YAMLParseError } = await import("yaml");
  let project: unknown;
  try {
    // A warning would quote the text.
    project = parse(text, { logLevel: "error" });
  } catch (error) {
    return {
      problem: `${is}: its ${dbtProject} is no YAML${error instanceof YAMLParseError ? placeOf(error) : ""}.`,
    };
  }
  const { data } = dbtProjectSchema.safeParse(project);
  return data ?? { problem: `${is}: its ${dbtProject} has no name. Give the project one.` };
}

/** Not the parser's message, which may quote the text. */
function placeOf(error: YAMLParseError): string {
  const [start] = error.linePos ?? [];
  return start ? ` (${error.code}, line ${start.line}, column ${start.col})` : ` (${error.code})`;
}
