import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A file's text or bytes, or a link, or a file that may be executed. */
export type Node = string | Buffer | { link: string } | { executable: string };

/** Of now: a test may set another one. */
const temporary = tmpdir();

/** Makes folders that are removed after each test. */
export class Trees {
  private readonly made: string[] = [];

  /** An empty folder. */
  folder(): string {
    const folder = mkdtempSync(join(temporary, "artifact-test-"));
    this.made.push(folder);
    return folder;
  }

  /** A folder with the given files; `dags` inside a folder of its own, so that it has neighbours. */
  tree(nodes: Readonly<Record<string, Node>>): string {
    const root = join(this.folder(), "dags");
    mkdirSync(root);
    return plant(root, nodes);
  }

  remove(): void {
    for (const folder of this.made.splice(0)) rmSync(folder, { recursive: true, force: true });
  }
}

/** Adds files to a folder, in the order given. */
export function plant(root: string, nodes: Readonly<Record<string, Node>>): string {
  for (const [name, node] of Object.entries(nodes)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    if (typeof node === "string" || Buffer.isBuffer(node)) writeFileSync(path, node);
    else if ("link" in node) symlinkSync(node.link, path);
    else writeFileSync(path, node.executable, { mode: 0o755 });
  }
  return root;
}

const nobody = 65534;

/**
 * Runs as a user to whom permissions apply: as nobody where the tests run as root, who may read
 * everything.
 */
export async function asOrdinaryUser<T>(run: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return run();
  process.seteuid?.(nobody);
  try {
    return await run();
  } finally {
    process.seteuid?.(0);
  }
}
