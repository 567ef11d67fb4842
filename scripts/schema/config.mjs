// The provider's configuration, from the table in docs/configuration.md.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** @returns a property for each row that names a setting of the stack. */
export function configProperties(root) {
  const page = readFileSync(join(root, "docs", "configuration.md"), "utf8");
  const rows = page
    .split("\n")
    .filter((line) => line.startsWith("| `astro:"))
    .map((line) => line.split("|").map((cell) => cell.trim()));
  return Object.fromEntries(
    rows.map(([, key, variable, fallback, meaning]) => {
      const name = key.replace(/^`astro:|`$/g, "");
      const description =
        `${meaning}.\n\nDefault: the environment variable ${variable}` +
        (fallback ? `, or else ${fallback}.` : ".");
      return [
        name,
        {
          type: name.endsWith("Seconds") ? "number" : "string",
          description,
          ...(name === "token" && { secret: true }),
        },
      ];
    }),
  );
}
