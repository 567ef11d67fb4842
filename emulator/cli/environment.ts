import { readFile, writeFile } from "node:fs/promises";

type Variables = Readonly<Record<string, string>>;

/** Commands of a POSIX shell that set the variables; `end` is `;` where newlines may get lost. */
export function shellExports(variables: Variables, end = ""): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'${end}\n`)
    .join("");
}

/**
 * Writes the variables to a file of `NAME=value` lines, as docker's `--env-file` and Node's take it.
 * Its other lines stay, since it may be the project's own.
 */
export async function writeEnvFile(path: string, variables: Variables): Promise<void> {
  const before = await readFile(path, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  });
  const others = before
    .split("\n")
    .filter((line) => line !== "" && !Object.hasOwn(variables, line.split("=", 1)[0] ?? ""));
  const own = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  // It holds a token, if a made-up one.
  await writeFile(path, [...others, ...own, ""].join("\n"), { mode: 0o600 });
}
