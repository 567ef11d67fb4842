// Packs the plugin for each platform, in the form that the Pulumi CLI downloads.
import { createWriteStream, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** As Pulumi names them; the bundle is the same for all. */
const platforms = ["linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64", "windows-amd64"];

const launchers = { windows: "pulumi-resource-astro.cmd", other: "pulumi-resource-astro" };

/** The name that the Pulumi CLI asks a server for. */
export function archiveName(version, platform) {
  return `pulumi-resource-astro-v${version}-${platform}.tar.gz`;
}

/**
 * @param folder - With the launchers and what they start.
 * @param out - Gets the archives, and loses those of before.
 */
export async function makeArchives(folder, version, out) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  for (const platform of platforms) {
    const launcher = platform.startsWith("windows") ? launchers.windows : launchers.other;
    const others = Object.values(launchers).filter((name) => name !== launcher);
    const archive = pack();
    for (const name of readdirSync(folder).sort()) {
      if (others.includes(name)) continue;
      // The same bytes whoever makes it, and when.
      const mode = name === launcher ? 0o755 : 0o644;
      archive.entry({ name, mode, mtime: new Date(0) }, readFileSync(join(folder, name)));
    }
    archive.finalize();
    const file = createWriteStream(join(out, archiveName(version, platform)));
    await pipeline(archive, createGzip({ level: 9 }), file);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  await makeArchives(join(root, "dist", "plugin"), version, process.argv[2]);
}
