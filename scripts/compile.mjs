// Compiles and bundles the sources into dist, unless that was done since they were last edited.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./run.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

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
    writeFileSync(join(draft, "new", ".complete"), "");
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

if (process.argv[1] === fileURLToPath(import.meta.url)) await compile();
