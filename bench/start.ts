import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { rounds } from "./compare";
import { record } from "./results";

const root = join(__dirname, "..");

/** What loading an entry of the package takes after the SDK, in a process of its own. */
function load(entry: string): number {
  const script = `
    require("@pulumi/pulumi");
    const start = performance.now();
    require(${JSON.stringify(entry)});
    console.log(performance.now() - start);
    process.exit();
  `;
  return Number(execFileSync(process.execPath, ["-e", script], { cwd: root, encoding: "utf8" }));
}

/** What a program and the provider's process load, and what a project installs. */
export function benchStart(): Promise<void> {
  const entries = [
    ["loading the package in the program, after the SDK", "pulumi-astro-deploy", 5],
    [
      "loading the runtime in the provider's process, after the SDK",
      "pulumi-astro-deploy/runtime",
      45,
    ],
  ] as const;
  for (const [what, entry, goal] of entries) {
    load(entry);
    const values = Array.from({ length: rounds }, () => load(entry));
    record({ what, reference: "ms", values, goal });
  }
  const packing = ["pack", "--dry-run", "--ignore-scripts", "--json"];
  const [packed] = JSON.parse(
    execFileSync("npm", packing, {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }),
  ) as [{ size: number; unpackedSize: number }];
  const reference = "kB";
  record({ what: "`npm pack`", reference, values: [packed.size / 1000], goal: 750 });
  const installed = packed.unpackedSize + dependenciesSize();
  record({
    what: "installed, with dependencies, without the SDK",
    reference,
    values: [installed / 1000],
  });
  return Promise.resolve();
}

interface PackageJson {
  dependencies?: Record<string, string>;
}

/** The sizes of the package's dependencies, and of theirs, in bytes. */
function dependenciesSize(): number {
  const found = new Set<string>();
  const visit = (folder: string) => {
    const file = join(folder, "package.json");
    const { dependencies = {} } = JSON.parse(readFileSync(file, "utf8")) as PackageJson;
    for (const name of Object.keys(dependencies)) {
      const paths = createRequire(file).resolve.paths(name) ?? [];
      const next = paths.map((path) => join(path, name)).find(isFolder);
      if (next === undefined || found.has(next)) continue;
      found.add(next);
      visit(next);
    }
  };
  visit(root);
  return [...found].reduce((sum, folder) => sum + sizeOf(folder), 0);
}

/** Without the packages inside it, which count for themselves. */
function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !dirname(file.slice(folder.length)).includes("node_modules"))
    .reduce((sum, file) => sum + statSync(file).size, 0);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
