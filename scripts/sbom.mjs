// Lists what an installation of the package brings, as a bill of materials in CycloneDX's form.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./run.mjs";
import { root } from "./setup.mjs";

/** What only this checkout needs. `npm sbom` fails in it, as the examples link to it. */
const ours = [
  "workspaces",
  "scripts",
  "devDependencies",
  "peerDependencies",
  "peerDependenciesMeta",
];

/**
 * Writes it into a folder: of the package's dependencies, and of Pulumi's SDK, parts of which are in
 * the plugin's bundle.
 */
export async function makeSbom(version, out) {
  const temporary = mkdtempSync(join(tmpdir(), "astro-sbom-"));
  try {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const { name } = manifest;
    // npm names the list after the folder.
    const cwd = join(temporary, name);
    mkdirSync(cwd);
    const sdk = "@pulumi/pulumi";
    manifest.dependencies[sdk] = manifest.devDependencies[sdk];
    for (const key of ours) delete manifest[key];
    writeFileSync(join(cwd, "package.json"), JSON.stringify(manifest));
    copyFileSync(join(root, "package-lock.json"), join(cwd, "package-lock.json"));
    const install = ["install", "--package-lock-only", "--ignore-scripts", "--no-audit"];
    await run("Listing the dependencies", "npm", install, { cwd });
    const sbom = ["sbom", "--package-lock-only", "--sbom-format=cyclonedx", "--sbom-type=library"];
    const text = await run("Writing the bill of materials", "npm", [...sbom, "--silent"], { cwd });
    writeFileSync(join(out, `${name}-${version}.cdx.json`), text);
  } finally {
    rmSync(temporary, { recursive: true });
  }
}
