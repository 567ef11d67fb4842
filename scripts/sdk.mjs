// Generates sdk/python and sdk/go from the plugin's schema. With `--check` it compares instead. It
// needs Go: Pulumi's generators are Go packages.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./run.mjs";
import { schemaFile } from "./schema.mjs";
import { root } from "./setup.mjs";

/** What is written by hand, and stays. */
const kept = new Set([join("go", "go.mod"), join("go", "go.sum")]);

const draft = mkdtempSync(join(tmpdir(), "astro-sdk-"));
const sdk = join(root, "sdk");
try {
  if (spawnSync("go", ["version"]).status !== 0) throw new Error("it needs Go 1.25.11 or newer.");
  await run("Generating the SDKs", "go", ["run", "-trimpath", ".", schemaFile, draft], {
    cwd: join(root, "scripts", "sdk"),
    env: { GOFLAGS: "-mod=readonly -buildvcs=false", GOWORK: "off" },
  });
  for (const language of ["python", "go"]) {
    copyFileSync(join(root, "LICENSE"), join(draft, language, "LICENSE"));
  }
  // The page of the package, where its build looks for it.
  const readme = join(draft, "python", "pulumi_astro_deploy", "README.md");
  copyFileSync(readme, join(draft, "python", "README.md"));
  if (process.argv.includes("--check")) {
    const differing = [...new Set([...filesIn(draft), ...filesIn(sdk)])].filter(
      (file) => textOf(join(draft, file)) !== textOf(join(sdk, file)),
    );
    if (differing.length > 0) {
      throw new Error(`${differing.join(", ")} do not match the schema. Run \`npm run sdk\`.`);
    }
  } else {
    for (const file of filesIn(sdk)) rmSync(join(sdk, file));
    cpSync(draft, sdk, { recursive: true });
  }
} catch (error) {
  console.error(`sdk: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(draft, { recursive: true, force: true });
}

/** What is generated, or would be. A virtual environment or a build may have left more. */
function filesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
    .filter(
      (file) => !kept.has(file) && !/__pycache__|\.egg-info|^python\/(build|dist)\b/.test(file),
    );
}

function textOf(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
