import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rounds } from "./compare";
import { benchDigest } from "./digest";
import { benchFiles } from "./files";
import { benchImage } from "./image";
import { benchMemory } from "./memory";
import { benchPack } from "./pack";
import { benchPlugin } from "./plugin";
import { writeResults } from "./results";
import { benchStart } from "./start";
import { benchSyntax } from "./syntax";
import { benchResources, benchUp } from "./up";
import { benchUpload } from "./upload";

const benches: Record<string, () => Promise<void>> = {
  digest: benchDigest,
  pack: benchPack,
  syntax: benchSyntax,
  memory: benchMemory,
  upload: benchUpload,
  image: benchImage,
  start: benchStart,
  plugin: benchPlugin,
  up: benchUp,
  files: benchFiles,
  resources: benchResources,
};

async function main(names: string[]): Promise<void> {
  const unknown = names.filter((name) => !Object.hasOwn(benches, name));
  if (unknown.length > 0) {
    throw new Error(
      `There is no ${unknown.join(", ")}: choose from ${Object.keys(benches).join(", ")}.`,
    );
  }
  const folder = mkdtempSync(join(tmpdir(), "astro-bench-"));
  // All temporary files, also those of child processes, go there.
  process.env.TMPDIR = folder;
  process.on("exit", () => {
    rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(130));

  console.log(
    `Ratios to the reference: below 1 is better. Medians of ${rounds} rounds (lowest–highest).`,
  );
  for (const [name, bench] of Object.entries(benches)) {
    if (names.length > 0 && !names.includes(name)) continue;
    console.log(`\n${name}`);
    await bench();
  }
  // A part of the table would look like all of it.
  if (names.length === 0) writeResults(__dirname);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
