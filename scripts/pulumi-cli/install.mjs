// Installs the version of the Pulumi CLI that package.json pins, into the cache where the npm package
// `pulumi` looks for it. If its download is blocked, the same programs are built from Go modules.
import { spawnSync } from "node:child_process";
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run, throwIfInterrupted } from "../run.mjs";

const here = dirname(fileURLToPath(import.meta.url));
export const suffix = process.platform === "win32" ? ".exe" : "";
const programs = [`pulumi${suffix}`, `pulumi-language-nodejs${suffix}`];

/**
 * The newest host that is in a Go module takes the runtime's options as arguments, which newer engines
 * do not pass: without this, each program would load the TypeScript compiler. It reads the `Pulumi.yaml`
 * of the folder that the engine starts it in, the program's. A CLI that was built before has no such
 * wrapper, and works without.
 */
const hostWithOptions = `#!/bin/sh
grep -qs "typescript: false" Pulumi.yaml && set -- -typescript=false "$@"
exec "$0-host" "$@"
`;

/** A blocked download fails within seconds; a slow one may take a while. */
const downloadMs = 10 * 60_000;

/** @returns the folder with the programs. */
export async function installCli(root) {
  const { version } = createRequire(join(root, "package.json"))("pulumi/package.json");
  const home = process.env.PULUMI_HOME || join(homedir(), ".pulumi");
  const bin = join(home, "versions", version, "bin");
  if (isComplete(bin)) return bin;
  try {
    const launcher = join(root, "node_modules", "pulumi", "run.js");
    await run(`Downloading Pulumi ${version}`, process.execPath, [launcher, "version"], {
      // The launcher would follow this variable to another version.
      env: { PULUMI_VERSION: version },
      timeoutMs: downloadMs,
    });
  } catch {
    throwIfInterrupted();
    process.stderr.write("The download failed; building from Go modules instead.\n");
  }
  if (!isComplete(bin)) await build(root, version, bin);
  return bin;
}

function isComplete(bin) {
  return programs.every((program) => {
    try {
      accessSync(join(bin, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function build(root, version, bin) {
  if (spawnSync("go", ["version"]).status !== 0) {
    throw new Error(
      `the Pulumi CLI ${version} is missing. Either allow this machine to download it from Pulumi, or install Go 1.25.11 or newer (https://go.dev/dl/) and run this again.`,
    );
  }
  mkdirSync(dirname(bin), { recursive: true });
  // Built in another folder and then renamed: an interrupted build leaves nothing that looks complete.
  const draft = mkdtempSync(`${bin}-`);
  try {
    const flags = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${version}`;
    const make = (title, module, program) =>
      run(title, "go", ["build", "-trimpath", `-ldflags=${flags}`, "-o", draft, program], {
        cwd: join(here, module),
        env: { GOFLAGS: "-mod=readonly -buildvcs=false", GOWORK: "off" },
      });
    await make(
      "Building Pulumi's Node.js language host (half a minute)",
      "language",
      "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    );
    if (process.platform !== "win32") {
      const host = join(draft, "pulumi-language-nodejs");
      renameSync(host, `${host}-host`);
      writeFileSync(host, hostWithOptions, { mode: 0o755 });
    }
    await make(
      "Building the Pulumi engine (a few minutes)",
      "engine",
      "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    );
    // In the engine's folder, the host of dynamic providers counts as bundled with it.
    const sdk = join(root, "node_modules", "@pulumi", "pulumi");
    for (const script of ["pulumi-resource-pulumi-nodejs", "pulumi-resource-pulumi-nodejs.cmd"]) {
      if (existsSync(join(sdk, script))) copyFileSync(join(sdk, script), join(draft, script));
    }
    chmodSync(draft, 0o755);
    // Another setup on this machine may have been faster, and its programs may be running.
    if (isComplete(bin)) return;
    rmSync(bin, { recursive: true, force: true });
    renameSync(draft, bin);
  } catch (error) {
    if (!isComplete(bin)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
