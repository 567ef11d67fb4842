// Sets up a fresh clone: packages, compiled sources, the Pulumi CLI. It skips what is already done, so
// that it can run before every command.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installCli } from "./pulumi-cli/install.mjs";
import { run } from "./run.mjs";

export const root = fileURLToPath(new URL("..", import.meta.url));

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** The time of the newest modification in a folder and below it. */
function newest(folder) {
  return Math.max(
    modified(folder),
    ...readdirSync(folder, { withFileTypes: true }).map((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? newest(path) : modified(path);
    }),
  );
}

/**
 * Whether node_modules matches the lock file. It compares npm's own record of what it installed, and
 * not the times of files, which change with every checkout of a branch.
 */
function packagesMatch() {
  const record = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return false;
  const [locked, installed] = [join(root, "package-lock.json"), record].map(
    (file) => JSON.parse(readFileSync(file, "utf8")).packages,
  );
  return Object.entries(locked).every(([path, { version, integrity, optional }]) => {
    if (path === "") return true;
    const found = installed[path];
    return found ? found.version === version && found.integrity === integrity : optional === true;
  });
}

async function installPackages() {
  if (packagesMatch()) return;
  await run("Installing the npm packages", "npm", ["ci", "--no-audit", "--no-fund"], { cwd: root });
}

export async function compile() {
  const dist = join(root, "dist");
  const stamp = join(dist, ".complete");
  const sources = Math.max(
    ...["provider", "emulator"].map((folder) => newest(join(root, folder))),
    ...[
      "tsconfig.json",
      "tsconfig.build.json",
      "package-lock.json",
      "scripts/bundle.mjs",
      "scripts/prune.mjs",
    ].map((file) => modified(join(root, file))),
  );
  if (modified(stamp) >= sources) return;
  // Compiled into another folder and then moved: nothing of a deleted source stays, and a program that
  // runs meanwhile finds the old or the new version.
  const cache = join(root, "node_modules", ".cache");
  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(join(cache, "dist-"));
  const started = new Date();
  try {
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const args = [tsc, "-p", "tsconfig.build.json", "--outDir", join(draft, "new")];
    await run("Compiling", process.execPath, args, { cwd: root });
    const bundle = [join(root, "scripts", "bundle.mjs"), join(draft, "new")];
    await run("Bundling", process.execPath, bundle, { cwd: root });
    // A source that is edited while this runs is newer than the stamp.
    utimesSync(join(draft, "new", ".complete"), started, started);
    if (existsSync(dist)) renameSync(dist, join(draft, "old"));
    renameSync(join(draft, "new"), dist);
  } catch (error) {
    // Another setup in this checkout may have been faster.
    if (modified(stamp) < sources) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** @returns the folder with the `pulumi` program and its plugins. */
export async function setup() {
  const [major] = process.versions.node.split(".").map(Number);
  if (major < 20) throw new Error(`Node.js 20 or newer is needed; this is ${process.version}.`);
  if (!existsSync(join(root, "package-lock.json")))
    throw new Error("package-lock.json is missing.");
  await installPackages();
  await compile();
  return installCli(root);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(`Ready. The Pulumi CLI is in ${await setup()}`);
  } catch (error) {
    console.error(`setup: ${error.message}`);
    process.exitCode = 1;
  }
}
