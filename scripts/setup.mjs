// Makes a fresh clone ready: packages, compiled sources, the Pulumi CLI. What is there already is
// left alone, so that it can run before every command.
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installCli } from "./pulumi-cli/install.mjs";
import { run } from "./run.mjs";

export const root = fileURLToPath(new URL("..", import.meta.url));

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** The newest modification in a folder, and below it. */
function newest(folder) {
  return Math.max(
    modified(folder),
    ...readdirSync(folder, { withFileTypes: true }).map((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? newest(path) : modified(path);
    }),
  );
}

async function installPackages() {
  // npm writes this file when an installation is complete.
  const installed = modified(join(root, "node_modules", ".package-lock.json"));
  if (installed > 0 && installed >= modified(join(root, "package-lock.json"))) return;
  await run("Installing the npm packages", "npm", ["ci", "--no-audit", "--no-fund"], { cwd: root });
}

async function compile() {
  const stamp = join(root, "dist", ".complete");
  const sources = Math.max(
    ...["provider", "emulator"].map((folder) => newest(join(root, folder))),
    ...["tsconfig.json", "tsconfig.build.json", "package-lock.json"].map((file) =>
      modified(join(root, file)),
    ),
  );
  if (modified(stamp) >= sources) return;
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  await run("Compiling", process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root });
  mkdirSync(join(root, "dist"), { recursive: true });
  writeFileSync(stamp, "");
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
