// Removes what nothing in the package reaches from its entries: code that only the bundles contain,
// and types that no program sees.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

const entries = {
  ".js": ["provider/index", "provider/plugin", "emulator/index", "emulator/cli"],
  ".d.ts": ["provider/index", "provider/plugin", "emulator/index"],
};

/** A module of the package, in what TypeScript and esbuild write. */
const reference = /\b(?:from |import |require\(|import\()"(\.[^"]+)"/g;

/** @param dist - What the two have written into `provider` and `emulator`. */
export function prune(dist) {
  const reached = new Set();
  for (const [extension, names] of Object.entries(entries)) {
    const visit = (file) => {
      if (reached.has(file)) return;
      reached.add(file);
      for (const [, name] of readFileSync(file, "utf8").matchAll(reference)) {
        const path = join(dirname(file), name);
        const found = [path, `${path}${extension}`, join(path, `index${extension}`)];
        const next = found.find((file) => file.endsWith(extension) && existsSync(file));
        if (next) visit(next);
      }
    };
    for (const name of names) visit(join(dist, `${name}${extension}`));
  }
  for (const folder of ["provider", "emulator"]) {
    for (const name of readdirSync(join(dist, folder), { recursive: true })) {
      const file = join(dist, folder, name);
      if (/\.(js|d\.ts)$/.test(name) && !reached.has(file)) rmSync(file);
    }
  }
}
