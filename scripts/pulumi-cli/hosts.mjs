// Installs the language hosts of programs that are not TypeScript, beside the Pulumi CLI. The
// official download has them all; otherwise they are built from Go modules, each when it is needed.
import { spawnSync } from "node:child_process";
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../run.mjs";
import { suffix } from "./install.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const sdk = "github.com/pulumi/pulumi/sdk/v3";

/** The folder of a host's module, its program, and what lies beside the program. */
const hosts = {
  // In the same module as the host for Node.js.
  python: {
    module: "language",
    program: `${sdk}/python/cmd/pulumi-language-python`,
    beside: ["python/cmd/pulumi-language-python-exec"],
  },
  // The last version with this host in it.
  go: { module: "go", program: `${sdk}/go/pulumi-language-go`, beside: [] },
  yaml: {
    module: "yaml",
    program: "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
    beside: [],
  },
};

/**
 * Installs a host, unless it is there.
 *
 * @param bin - The folder with the Pulumi CLI.
 * @param language - `python`, `yaml` or `go`.
 * @throws Error if it is not there, and Go neither.
 */
export async function installHost(bin, language) {
  const { module, program, beside } = hosts[language];
  const name = `pulumi-language-${language}${suffix}`;
  if (isExecutable(join(bin, name))) return;
  if (spawnSync("go", ["version"]).status !== 0) {
    throw new Error(
      `Pulumi's host for ${language} is missing. Install Go 1.25.11 or newer (https://go.dev/dl/), so that it can be built.`,
    );
  }
  const options = {
    cwd: join(here, module),
    env: { GOFLAGS: "-mod=readonly -buildvcs=false", GOWORK: "off" },
  };
  const draft = mkdtempSync(`${bin}-${language}-`);
  try {
    const args = ["build", "-trimpath", "-ldflags=-s -w", "-o", draft, program];
    await run(`Building Pulumi's host for ${language}`, "go", args, options);
    for (const path of beside) {
      const list = ["list", "-m", "-f", "{{.Dir}}", sdk];
      const folder = (await run(`Finding ${path}`, "go", list, options)).trim();
      const file = path.split("/").at(-1);
      copyFileSync(join(folder, path), join(draft, file));
      chmodSync(join(draft, file), 0o755);
      renameSync(join(draft, file), join(bin, file));
    }
    // The last: with it, the host counts as installed.
    renameSync(join(draft, name), join(bin, name));
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { setup } = await import("../setup.mjs");
  try {
    const bin = await setup();
    for (const language of process.argv.slice(2)) await installHost(bin, language);
  } catch (error) {
    console.error(`hosts: ${error.message}`);
    process.exitCode = 1;
  }
}
