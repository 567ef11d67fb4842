// Generates sdk/python and sdk/go from the plugin's schema. With `--check` it compares instead. It
// needs Go: Pulumi's generators are Go packages.
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { differingFiles, filesIn } from "./compareFolders.mjs";
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
    const differing = differingFiles(draft, sdk).filter(isGenerated);
    if (differing.length > 0) {
      throw new Error(`${differing.join(", ")} do not match the schema. Run \`npm run sdk\`.`);
    }
  } else {
    for (const file of filesIn(sdk).filter(isGenerated)) rmSync(join(sdk, file));
    cpSync(draft, sdk, { recursive: true });
  }
} catch (error) {
  console.error(`sdk: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(draft, { recursive: true, force: true });
}

/** Whether it is generated. A virtual environment or a build may have left more. */
function isGenerated(file) {
  return !kept.has(file) && !/__pycache__|\.egg-info|^python\/(build|dist)\b/.test(file);
}
