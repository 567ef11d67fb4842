// Sets up a fresh clone: packages, compiled sources, the Pulumi CLI. It skips what is already done, so
// that it can run before every command.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "./compile.mjs";
import { installCli } from "./pulumi-cli/install.mjs";
import { run } from "./run.mjs";

export const root = fileURLToPath(new URL("..", import.meta.url));

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
