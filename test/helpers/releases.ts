import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { root } from "./project";

/** Earlier versions of this package, as `npm pack` makes them. Their README tells which. */
const releases = join(root, "test", "fixtures", "releases");

export const packed = (): string[] =>
  readdirSync(releases)
    .filter((file) => file.endsWith(".tgz"))
    .map((file) => basename(file, ".tgz"))
    .sort();

/** An earlier version of this package, with the dependencies of this checkout. */
export class Release {
  readonly #place = mkdtempSync(join(tmpdir(), "astro-release-"));
  readonly folder = join(this.#place, "package");

  constructor(name: string) {
    execFileSync("tar", ["xzf", join(releases, `${name}.tgz`), "-C", this.#place]);
    symlinkSync(join(root, "node_modules"), join(this.folder, "node_modules"), "dir");
  }

  dispose(): void {
    rmSync(this.#place, { recursive: true, force: true });
  }
}
