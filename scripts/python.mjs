// What a program in Python needs: the SDK as a wheel, and a virtual environment with it.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./run.mjs";
import { root } from "./setup.mjs";

const sdk = join(root, "sdk", "python");

/** Pulumi's own package, in the version that the tests were passed with. */
const pulumi = "pulumi==3.250.0";

/** Has the schemas of the YAML files that the documentation shows. */
const schemas = "check-jsonschema==0.39.0";

/** Whether there is a Python that can make a virtual environment. */
export function hasPython() {
  return (
    spawnSync("python3", ["-c", "import sys, venv; assert sys.version_info >= (3, 10)"]).status ===
    0
  );
}

/** Builds the wheel of sdk/python into a folder, and returns its path. */
export async function buildWheel(out) {
  const draft = mkdtempSync(join(tmpdir(), "astro-wheel-"));
  try {
    // A build leaves files beside the sources.
    cpSync(sdk, join(draft, "sdk"), { recursive: true });
    const args = ["-m", "pip", "wheel", "--no-deps", "--wheel-dir", out, join(draft, "sdk")];
    await run("Building the wheel", "python3", args);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return join(
    out,
    readdirSync(out).find((name) => name.endsWith(".whl")),
  );
}

/**
 * A virtual environment with the SDK, kept between runs as long as the SDK is the same.
 *
 * @returns its folder.
 */
export async function virtualEnvironment() {
  const cache = join(root, "node_modules", ".cache");
  const folder = join(cache, `python-${digestOfSdk()}`);
  const stamp = join(folder, ".complete");
  if (existsSync(stamp)) return folder;
  mkdirSync(cache, { recursive: true });
  rmSync(folder, { recursive: true, force: true });
  const draft = mkdtempSync(join(tmpdir(), "astro-wheel-"));
  try {
    const wheel = await buildWheel(draft);
    // In its place from the start: its programs have its path in them.
    await run("Making a virtual environment", "python3", ["-m", "venv", folder]);
    const pip = join(folder, "bin", "pip");
    await run("Installing Pulumi for Python", pip, ["install", pulumi, schemas, wheel]);
    renameSync(wheel, stamp);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

function digestOfSdk() {
  const hash = createHash("sha256").update(pulumi).update(schemas).update(process.platform);
  for (const name of readdirSync(sdk, { recursive: true }).map(String).sort()) {
    if (!/\.(py|pyi|toml|json)$/.test(name)) continue;
    hash.update(name).update(readFileSync(join(sdk, name)));
  }
  return hash.digest("hex").slice(0, 16);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(await virtualEnvironment());
  } catch (error) {
    console.error(`python: ${error.message}`);
    process.exitCode = 1;
  }
}
