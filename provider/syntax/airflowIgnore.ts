import ignore from "ignore";

export const ignoreFileName = ".airflowignore";

/**
 * Decides whether Airflow leaves a file out. Which of its two syntaxes holds is not known here: by
 * default that of Airflow 2 is regular expressions, and that of Airflow 3 is as in a `.gitignore`.
 * So a file is left out that either of them leaves out.
 *
 * @param files - The texts of the ignore files, by the folder that each is in: "" or `a/b`.
 */
export function airflowIgnore(files: ReadonlyMap<string, string>): (name: string) => boolean {
  const rules = [...files].map(([folder, text]) => {
    // Airflow takes comments off in both syntaxes.
    const patterns = text
      .split(/\r?\n/)
      .map((line) => line.replace(/\s*#.*$/, ""))
      .filter((line) => line.trim() !== "");
    const globs = ignore({ ignorecase: false, allowRelativePaths: true }).add(patterns);
    return {
      prefix: folder === "" ? "" : `${folder}/`,
      globs,
      expressions: patterns.flatMap(compile),
    };
  });
  return (name) =>
    rules.some(({ prefix, globs, expressions }) => {
      if (!name.startsWith(prefix)) return false;
      const inner = name.slice(prefix.length);
      return (
        globs.ignores(inner) ||
        // A folder that matches is left out with all that it has.
        pathsTo(inner).some((path) => expressions.some((expression) => expression.test(path)))
      );
    });
}

/** `a`, `a/b`, `a/b/c.py`. */
function pathsTo(name: string): string[] {
  const parts = name.split("/");
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** None for what is no regular expression, which is a glob then, or for one of Python's own kind. */
function compile(pattern: string): RegExp[] {
  try {
    return [new RegExp(pattern.replaceAll("(?P<", "(?<"), "u")];
  } catch {
    return [];
  }
}
