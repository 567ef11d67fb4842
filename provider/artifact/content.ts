import fs from "node:fs";
import { promisify } from "node:util";
import { changed, unreadable } from "./error";
import type { FileEntry } from "./walk";

const read = promisify(fs.read);

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
 * Only the reads, which may wait for the disk, go through another thread. The way there and back
 * takes longer than the other calls do, since the walk has just seen the file.
 *
 * @throws ArtifactError where the file cannot be read or is not as it was at the walk. Before that
 *   it may have yielded chunks, but never more bytes than the entry's size.
 */
export async function* readContent(file: FileEntry): AsyncGenerator<Buffer, void> {
  let descriptor: number | undefined;
  try {
    descriptor = fs.openSync(file.path, flags);
    let left = file.size;
    while (left > 0) {
      const size = Math.min(left, chunkSize);
      const { bytesRead, buffer } = await read(descriptor, Buffer.allocUnsafe(size), 0, size, null);
      if (bytesRead === 0) throw changed(file.name);
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
    throwIfChanged(file, descriptor);
  } catch (error) {
    throw unreadable(file.name, error);
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

/**
 * A small file's bytes, at once: for files that were read before, so that the system has them in
 * memory.
 *
 * @throws ArtifactError as {@link readContent} does.
 */
export function readAtOnce(file: FileEntry): Buffer {
  let descriptor: number | undefined;
  try {
    descriptor = fs.openSync(file.path, flags);
    const buffer = Buffer.allocUnsafe(file.size);
    for (let filled = 0; filled < file.size;) {
      const bytesRead = fs.readSync(descriptor, buffer, filled, file.size - filled, null);
      if (bytesRead === 0) throw changed(file.name);
      filled += bytesRead;
    }
    throwIfChanged(file, descriptor);
    return buffer;
  } catch (error) {
    throw unreadable(file.name, error);
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

function throwIfChanged(file: FileEntry, descriptor: number): void {
  const now = fs.fstatSync(descriptor);
  if (now.size !== file.size || now.mtimeMs !== file.mtimeMs) throw changed(file.name);
}
