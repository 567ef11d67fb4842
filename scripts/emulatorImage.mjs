// Builds the emulator's image of emulator/Containerfile with podman, or else with Docker. Arguments are
// those of `podman build`: `npm run emulator-image -- --tag registry.example.com/astro-emulator`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./run.mjs";
import { compile } from "./compile.mjs";
import { root } from "./setup.mjs";

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const builder = ["podman", "docker"].find((name) => !spawnSync(name, ["--version"]).error);
const context = mkdtempSync(join(tmpdir(), "astro-emulator-image-"));
try {
  if (!builder)
    throw new Error("The image is built with podman or Docker, which are not installed.");
  await compile();
  // The build would run once more.
  const pack = ["pack", "--silent", "--ignore-scripts", `--pack-destination=${context}`];
  await run("Packing the package", "npm", pack, { cwd: root });
  const tarball = readdirSync(context).find((name) => name.endsWith(".tgz"));
  // A peer is Pulumi's SDK, which the emulator has no use for.
  const install = ["install", "--omit=dev", "--omit=peer", "--ignore-scripts", "--no-audit"];
  const options = ["--no-fund", "--no-save", "--no-package-lock", `--prefix=${context}`];
  await run("Installing the package", "npm", [...install, ...options, join(context, tarball)]);
  const file = join(root, "emulator", "Containerfile");
  const tag = `astro-emulator:${version}`;
  const build = ["build", `--file=${file}`, `--tag=${tag}`, ...process.argv.slice(2), context];
  await run("Building the image", builder, build);
  console.log(tag);
} catch (error) {
  console.error(`emulator-image: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(context, { recursive: true });
}
