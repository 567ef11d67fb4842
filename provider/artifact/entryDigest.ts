import { createHash, type Hash } from "node:crypto";
import type { Entry } from "./walk";

/** An entry with the digest of its kind, executable bit and content. */
export interface DigestedEntry {
  entry: Entry;
  /** 32 bytes. */
  digest: Buffer;
}

/** A hash of the entry's kind and, of a link, its target. A file's content is to be added. */
export function entryHash(entry: Entry): Hash {
  const hash = createHash("sha256");
  if (entry.kind === "symlink") return hash.update(`link\0${entry.target}`);
  return hash.update(entry.executable ? "executable\0" : "file\0");
}

/** A text with its length before it, so that different sequences of texts have different bytes. */
export function lengthPrefixed(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const prefixed = Buffer.allocUnsafe(4 + length);
  prefixed.writeUInt32BE(length);
  prefixed.write(text, 4);
  return prefixed;
}
