import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { excluder } from "../../artifact/walk";

/** What makes a folder a dbt project. */
const dbtProject = "dbt_project.yml";

const dbtProjectSchema = z.object({ name: z.string().min(1) });

/** Why a folder is no dbt project. The official client asks for the same: the file, and a name. */
export async function dbtRefusal(
  folder: string,
  exclude: readonly string[],
): Promise<string | undefined> {
  const is = "the folder is no dbt project";
  if (excluder(exclude)(dbtProject, false)) {
    return `\`exclude\` matches ${dbtProject}, without which the folder is no dbt project; remove that pattern.`;
  }
  const text = await readFile(join(folder, dbtProject), "utf8").catch(() => undefined);
  if (text === undefined) return `${is}: it has no ${dbtProject}. Name the folder that has it.`;
  let project: unknown;
  try {
    project = parse(text);
  } catch (error) {
    const [line = ""] = (error as Error).message.split("\n");
    return `${is}: its ${dbtProject} is no YAML (${line.replace(/:$/, "")}).`;
  }
  if (dbtProjectSchema.safeParse(project).success) return undefined;
  return `${is}: its ${dbtProject} has no name. Give the project one.`;
}
