import * as crypto from "node:crypto";
import { readAtOnce } from "./content";
import type { Entry, FileEntry, TextEntry } from "./walk";

/** An entry with the digest of its kind, executable bit and content. */
export interface DigestedEntry {
  entry: Entry;
  /** Of SHA-256, 64 hex digits. */
  digest: string;
}

/** A hash of the entry's kind and, of a link, its target. A file's content is to be added. */
export function entryHash(entry: Entry): crypto.Hash {
  return crypto.createHash("sha256").update(head(entry));
}

/**
 * Reads and digests a small file synchronously, as `readAtOnce` does and with its errors.
 *
 * @param buffer - The memory for it, of at least {@link digestRoom} of the file's size. Default new
 *   memory.
 * @returns The content, a view of the buffer.
 */
export function readDigested(
  file: FileEntry | TextEntry,
  buffer: Buffer = Buffer.allocUnsafe(digestRoom(file.size)),
): { content: Buffer; digest: string } {
  const start = buffer.write(head(file), "latin1");
  const content = readAtOnce(file, buffer.subarray(start));
  return { content, digest: sha256(buffer.subarray(0, start + content.length)) };
}

/** How many bytes the digest of a file needs together. */
export function digestRoom(fileSize: number): number {
  return executable.length + fileSize;
}

const executable = "executable\0";

/** What is digested before the content; of a link, all. */
function head(entry: Entry): string {
  if (entry.kind === "symlink") return `link\0${entry.target}`;
  return entry.executable ? executable : "file\0";
}

/** For Node.js before 20.12, which has no call for all of it. */
export function sha256InSteps(bytes: Buffer): string {
  return crypto.createHash("sha256").update(bytes).digest("hex");
}

const { hash: hashAtOnce } = crypto as Partial<typeof crypto>;

/** The SHA-256 of bytes, in hex digits; without objects that are to be collected. */
export const sha256 = hashAtOnce
  ? (bytes: Buffer) => hashAtOnce("sha256", bytes, "hex")
  : sha256InSteps;

/**
 * Adds each entry's name, with its length before it, and its digest to a hash: in one call, since
 * there may be very many.
 */
export function addEntries(hash: crypto.Hash, entries: readonly DigestedEntry[]): crypto.Hash {
  const sizes = entries.map(({ entry, digest }) => 4 + 3 * entry.name.length + digest.length / 2);
  const bytes = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size, 0));
  let end = 0;
  for (const { entry, digest } of entries) {
    const length = bytes.write(entry.name, end + 4);
    end = bytes.writeUInt32BE(length, end) + length;
    end += bytes.write(digest, end, "hex");
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
