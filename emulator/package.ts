import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** This package's folder, of the sources and of what is compiled from them alike. */
export const packageFolder = dirname(require.resolve("pulumi-astro-deploy/package.json"));

export function packageVersion(): string {
  const text = readFileSync(join(packageFolder, "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
