// Builds what a release consists of beside the npm package, into dist/release: the plugin's archive
// for each platform, the wheel of the Python SDK, and the bill of materials.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { makeArchives } from "./plugin/archives.mjs";
import { buildWheel, hasPython } from "./python.mjs";
import { makeSbom } from "./sbom.mjs";
import { compile } from "./compile.mjs";
import { root } from "./setup.mjs";

try {
  await compile();
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const out = join(root, "dist", "release");
  await makeArchives(join(root, "dist", "plugin"), version, out);
  await makeSbom(version, out);
  if (hasPython()) await buildWheel(out);
  else console.error("The wheel was not built: it needs Python 3.10 or newer, with venv.");
  console.log(out);
} catch (error) {
  console.error(`plugin: ${error.message}`);
  process.exitCode = 1;
}
