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

/**
 * Adds each entry's name, with its length before it, and its digest to a hash: in one call, since
 * there may be very many.
 */
export function addEntries(hash: Hash, entries: readonly DigestedEntry[]): Hash {
  const sizes = entries.map(({ entry, digest }) => 4 + 3 * entry.name.length + digest.length);
  const bytes = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size, 0));
  let end = 0;
  for (const { entry, digest } of entries) {
    const length = bytes.write(entry.name, end + 4);
    end = bytes.writeUInt32BE(length, end) + length;
    end += digest.copy(bytes, end);
  }
  return hash.update(bytes.subarray(0, end));
}

/** A text with its length before it, so that different sequences of texts have different bytes. */
export function lengthPrefixed(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const prefixed = Buffer.allocUnsafe(4 + length);
  prefixed.writeUInt32BE(length);
  prefixed.write(text, 4);
  return prefixed;
}
