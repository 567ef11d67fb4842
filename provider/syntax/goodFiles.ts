import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** With 16 bytes each, the file has at most 1.6 MB. */
const maxDigests = 100_000;

const digestBytes = 16;

/** What the digests mean. To be raised when the parser is used in another way. */
const meaning = 1;

/**
 * Remembers on this machine which contents were found to be good, by their digests, so that they are
 * not parsed again. Best effort: without it everything is parsed.
 */
export class GoodFiles {
  readonly #file: string;

  /** @param home - The folder in which Pulumi keeps what is this machine's own. */
  constructor(home: string, parserVersion: string) {
    this.#file = join(home, "astro-deploy", "syntax", `${parserVersion}-${meaning}`);
  }

  /** The keys of the contents that are known to be good. */
  async load(): Promise<Set<string>> {
    const bytes = await readFile(this.#file).catch(() => Buffer.alloc(0));
    const keys = new Set<string>();
    for (let at = 0; at + digestBytes <= bytes.length; at += digestBytes) {
      keys.add(bytes.toString("hex", at, at + digestBytes));
    }
    return keys;
  }

  /** Adds to what is there by now: another process may have added something. */
  async add(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const all = new Set([...(await this.load()), ...keys]);
    const newest = [...all].slice(-maxDigests).join("");
    const draft = `${this.#file}.${process.pid}`;
    try {
      await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
      await writeFile(draft, Buffer.from(newest, "hex"), { mode: 0o600 });
      await rename(draft, this.#file);
    } catch {
      await rm(draft, { force: true }).catch(() => undefined);
    }
  }
}

/** The key of a content, by its digest in hex digits. */
export function keyOf(digest: string): string {
  return digest.slice(0, 2 * digestBytes);
}
