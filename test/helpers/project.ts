import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export const root = join(__dirname, "..", "..");

/** A project of a stranger's: in its own folder, with this package installed by a link. */
export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), "astro-stack-"));

  /**
   * @param files by name.
   * @param packages of this checkout that the project can import, beside `@pulumi/pulumi`.
   * @param own the folder of this package.
   */
  constructor(files: Record<string, string>, packages: string[] = [], own = root) {
    for (const [name, text] of Object.entries(files)) this.write(name, text);
    this.link("pulumi-astro-deploy", own);
    for (const name of ["@pulumi/pulumi", ...packages]) {
      this.link(name, join(root, "node_modules", name));
    }
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  copy(from: string, to: string): void {
    cpSync(from, this.path(to), { recursive: true });
  }

  /** What Git knows of a folder of this checkout: what a clone would hold. */
  copyCommitted(from: string, to: string): void {
    const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", from];
    const files = execFileSync("git", list, { cwd: root, encoding: "utf8" }).split("\0");
    for (const file of files.filter(Boolean))
      this.copy(join(root, file), to + file.slice(from.length));
  }

  link(name: string, target: string): void {
    const path = this.path("node_modules", name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path, "dir");
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** This process's environment without what is set for other stacks or for the real Astro. */
  environment(): NodeJS.ProcessEnv {
    return {
      ...Object.fromEntries(
        Object.entries(process.env).filter(([name]) => !/^(ASTRO|PULUMI)_/.test(name)),
      ),
      // The CLI's own notes and logs, and the provider's, are this project's alone.
      PULUMI_HOME: this.path(".home"),
    };
  }
}
