// Makes docs/api, the reference of what a program can import, from the comments in the sources.
// `npm run api -- --check` fails if a public symbol has no comment, or if the reference is out of date.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./run.mjs";
import { root } from "./setup.mjs";

const reference = join(root, "docs", "api");
const isCheck = process.argv.includes("--check");
const folder = isCheck ? mkdtempSync(join(tmpdir(), "astro-api-")) : reference;

const contents = (path) =>
  Object.fromEntries(
    readdirSync(path).map((name) => [name, readFileSync(join(path, name), "utf8")]),
  );

try {
  const typedoc = join(root, "node_modules", "typedoc", "bin", "typedoc");
  await run("Making the reference", process.execPath, [typedoc, "--out", folder], { cwd: root });
  const [made, committed] = [contents(folder), contents(reference)];
  const names = [...new Set([...Object.keys(made), ...Object.keys(committed)])];
  const stale = names.filter((name) => made[name] !== committed[name]);
  if (stale.length > 0) throw new Error(`docs/api is out of date (${stale}): run npm run api.`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  if (isCheck) rmSync(folder, { recursive: true });
}
