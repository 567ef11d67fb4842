// Makes docs/api, the reference of what a program can import, from the comments in the sources.
// `npm run api -- --check` fails if a public symbol has no comment, or if the reference is out of date.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { differingFiles } from "./compareFolders.mjs";
import { run } from "./run.mjs";
import { root } from "./setup.mjs";

const reference = join(root, "docs", "api");
const isCheck = process.argv.includes("--check");
const folder = isCheck ? mkdtempSync(join(tmpdir(), "astro-api-")) : reference;

try {
  const typedoc = join(root, "node_modules", "typedoc", "bin", "typedoc");
  await run("Making the reference", process.execPath, [typedoc, "--out", folder], { cwd: root });
  const stale = differingFiles(folder, reference);
  if (stale.length > 0) throw new Error(`docs/api is out of date (${stale}): run npm run api.`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  if (isCheck) rmSync(folder, { recursive: true });
}
