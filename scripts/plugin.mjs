// Bundles the provider plugin into dist/plugin: a folder that the engine can start by its path.
import { build } from "esbuild";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { licencesOf } from "./plugin/licences.mjs";

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

/** In a bundle there is no package.json to read the version from. */
const versionPlugin = {
  name: "version",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]provider[\\/]version\.ts$/ }, () => ({
      contents: `export const version = ${JSON.stringify(version)};`,
    }));
  },
};

/** @param folder - Where the plugin's files go. */
export async function buildPlugin(folder = join(root, "dist", "plugin")) {
  mkdirSync(folder, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [
      { in: join(host, "main.ts"), out: name },
      // In a process of its own, so in a file of its own.
      { in: join(root, "provider", "syntax", "parserProcess.ts"), out: "parserProcess" },
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
    plugins: [versionPlugin],
    logLevel: "warning",
  });
  const schema = join(host, "schema.json");
  const spec = JSON.parse(readFileSync(schema, "utf8"));
  writeFileSync(join(folder, "schema.json"), JSON.stringify({ ...spec, version }));
  const licences = licencesOf(root, Object.keys(metafile.inputs));
  writeFileSync(join(folder, "THIRD-PARTY-LICENSES"), licences);
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
  writeFileSync(join(folder, name), launcher);
  chmodSync(join(folder, name), 0o755);
  writeFileSync(join(folder, `${name}.cmd`), windowsLauncher);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPlugin(process.argv[2]);
