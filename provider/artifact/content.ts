import fs from "node:fs";
import { promisify } from "node:util";
import { changed, unreadable } from "./errors";
import type { FileEntry } from "./walk";

// Plain descriptors: a FileHandle for each of many small files takes more than twice the time.
const open = promisify(fs.open);
const read = promisify(fs.read);
const fstat = promisify(fs.fstat);
const close = promisify(fs.close);

/** Reads of this many bytes make good use of the disk, and small ones of memory. */
export const chunkSize = 256 * 1024;

/**
 * Not through a link, and not waiting for a pipe's other end: either may have taken the file's
 * place since the walk. (Windows knows neither flag; a missing one counts as 0.)
 */
const flags = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK;

/**
 * Yields a file's bytes, each chunk a buffer of its own.
 *
 * @throws ArtifactError where the file cannot be read or is not as it was at the walk. Before that
 *   it may have yielded chunks, but never more bytes than the entry's size.
 */
export async function* readContent(file: FileEntry): AsyncGenerator<Buffer, void> {
  let descriptor: number | undefined;
  try {
    descriptor = await open(file.path, flags);
    let left = file.size;
    while (left > 0) {
      const size = Math.min(left, chunkSize);
      const { bytesRead, buffer } = await read(descriptor, Buffer.allocUnsafe(size), 0, size, null);
      if (bytesRead === 0) throw changed(file.path);
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
    const now = await fstat(descriptor);
    if (now.size !== file.size || now.mtimeMs !== file.mtimeMs) throw changed(file.path);
  } catch (error) {
    throw unreadable(file.path, error);
  } finally {
    if (descriptor !== undefined) await close(descriptor);
  }
}
