// Bundles what must load fast: the provider plugin, into dist/plugin, a folder that the engine can start
// by its path; what the stub of the dynamic resource loads, into dist/runtime; and what programs import.
import { build } from "esbuild";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { licencesOf } from "./plugin/licences.mjs";
import { prune } from "./prune.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const host = join(root, "provider", "hosts", "plugin");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** The name that the engine looks for. */
const name = "pulumi-resource-astro";

const launcher = `#!/bin/sh
# Starts the provider. The engine reads the port that it prints.
command -v node >/dev/null || { echo "${name} needs Node.js 20 or newer on the PATH." >&2; exit 1; }
exec node "$(dirname "$0")/${name}.js" "$@"
`;
const windowsLauncher = `@node "%~dp0${name}.js" %*\r\n`;

/** axios loads it for forms, which are never sent, and with it a table of all media types. */
const formDataPlugin = {
  name: "form-data",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^form-data$/ }, () => ({ path: "form-data", namespace: "absent" }));
    onLoad({ filter: /^form-data$/, namespace: "absent" }, () => ({
      contents: "export default class FormData {}",
    }));
  },
};

/**
 * Packages in files of their own: a preview of unchanged DAGs does without them, and even compiling
 * them takes its time.
 */
const apart = ["axios", "tar-stream", "yaml"];

const apartPlugin = {
  name: "apart",
  setup({ onResolve }) {
    onResolve({ filter: new RegExp(`^(${apart.join("|")})$`) }, ({ path, importer }) =>
      importer.startsWith(join(root, "provider"))
        ? { path: `./${path}.js`, external: true }
        : undefined,
    );
  },
};

/** In a bundle there is no package.json to read the version from. */
const versionPlugin = {
  name: "version",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]provider[\\/]version\.ts$/ }, () => ({
      contents: `export const version = ${JSON.stringify(version)};`,
    }));
  },
};

/**
 * Bundles a file of the provider, with the licences of what is in it.
 *
 * @param entry - The file, and its name in the bundle.
 */
async function bundle(entry, folder, { external = [], ...options } = {}) {
  mkdirSync(folder, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [
      entry,
      // In a process of its own, so in a file of its own.
      { in: join(root, "provider", "syntax", "parserProcess.ts"), out: "parserProcess" },
      ...apart.map((name) => ({ in: name, out: name })),
    ],
    outdir: folder,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    minify: true,
    // The licences are in a file of their own.
    legalComments: "none",
    metafile: true,
    plugins: [versionPlugin, formDataPlugin, apartPlugin],
    // `debug` does without it, and nothing that is installed with this package brings it.
    external: [...external, "supports-color"],
    logLevel: "warning",
    ...options,
  });
  const licences = licencesOf(root, Object.keys(metafile.inputs));
  writeFileSync(join(folder, "THIRD-PARTY-LICENSES"), licences);
}

async function buildRuntime(folder) {
  const entry = join(root, "provider", "hosts", "dynamic", "runtime.ts");
  // The host's process has loaded the program's SDK: a second one would have settings of its own.
  await bundle({ in: entry, out: "index" }, folder, { external: ["@pulumi/pulumi"] });
}

async function buildPlugin(folder) {
  await bundle({ in: join(host, "main.ts"), out: name }, folder);
  const schema = join(host, "schema.json");
  const spec = JSON.parse(readFileSync(schema, "utf8"));
  writeFileSync(join(folder, "schema.json"), JSON.stringify({ ...spec, version }));
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
  writeFileSync(join(folder, name), launcher);
  chmodSync(join(folder, name), 0o755);
  writeFileSync(join(folder, `${name}.cmd`), windowsLauncher);
}

/**
 * One file loads faster than many small ones. Its packages are not in it, and apart stay also the stub,
 * whose text as TypeScript writes it is in every state, and what the two entries share.
 */
async function buildProgram(folder) {
  await build({
    absWorkingDir: root,
    entryPoints: ["index", "plugin"].map((name) => join(root, "provider", `${name}.ts`)),
    outdir: folder,
    bundle: true,
    // A class that names itself would get another name.
    keepNames: true,
    packages: "external",
    external: ["./hosts/dynamic/stub", "./program/duplicates"],
    platform: "node",
    target: "node20",
    format: "cjs",
    logLevel: "warning",
  });
}

/** @param folder - Where their folders go. Default `dist`. */
export async function bundleAll(folder = join(root, "dist")) {
  await Promise.all([
    buildPlugin(join(folder, "plugin")),
    buildRuntime(join(folder, "runtime")),
    buildProgram(join(folder, "provider")),
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bundleAll(process.argv[2]);
  prune(process.argv[2] ?? join(root, "dist"));
}
