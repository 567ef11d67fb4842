import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The files in a folder and below it, by their paths in it. */
export function filesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1));
}

/** The files that are in one of two folders only, or differ. */
export function differingFiles(one, other) {
  const textOf = (path) => (existsSync(path) ? readFileSync(path, "utf8") : undefined);
  return [...new Set([...filesIn(one), ...filesIn(other)])].filter(
    (file) => textOf(join(one, file)) !== textOf(join(other, file)),
  );
}
