import fs from "node:fs";
import { promisify } from "node:util";
import { changed, unreadable } from "./error";
import type { FileEntry, TextEntry } from "./walk";

const read = promisify(fs.read);

/** In bytes: large enough for the disk to be fast, small enough for memory. */
export const chunkSize = 256 * 1024;

/**
 * Does not follow a link or wait for the other end of a pipe: either may have replaced the file
 * since the walk. (Windows has neither flag; a missing one counts as 0.)
 */
const flags = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK;

/**
 * Yields a file's bytes, each chunk a buffer of its own.
 *
 * Only the reads, which may wait for the disk, go through another thread. The other calls are
 * faster than the round trip to one, since the walk has just seen the file.
 *
 * @throws ArtifactError if the file cannot be read or has changed since the walk. Until then it may
 *   have yielded chunks, but never more bytes than the entry's size.
 */
export async function* readContent(file: FileEntry | TextEntry): AsyncGenerator<Buffer, void> {
  if (file.kind === "text") {
    yield file.content;
    return;
  }
  let descriptor: number | undefined;
  try {
    descriptor = fs.openSync(file.path, flags);
    let remaining = file.size;
    while (remaining > 0) {
      const size = Math.min(remaining, chunkSize);
      const { bytesRead, buffer } = await read(descriptor, Buffer.allocUnsafe(size), 0, size, null);
      if (bytesRead === 0) throw changed(file.name);
      remaining -= bytesRead;
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
 * Reads a small file synchronously: for files that were read before, which the system still has in
 * memory.
 *
 * @param buffer - Where to: it has room for the file. Default a new one.
 * @returns A view of the buffer.
 * @throws ArtifactError as {@link readContent} does.
 */
export function readAtOnce(
  file: FileEntry | TextEntry,
  buffer: Buffer = Buffer.allocUnsafe(file.size),
): Buffer {
  const bytes = buffer.subarray(0, file.size);
  if (file.kind === "text") {
    file.content.copy(bytes);
    return bytes;
  }
  let descriptor: number | undefined;
  try {
    descriptor = fs.openSync(file.path, flags);
    for (let filled = 0; filled < file.size;) {
      const bytesRead = fs.readSync(descriptor, bytes, filled, file.size - filled, null);
      if (bytesRead === 0) throw changed(file.name);
      filled += bytesRead;
    }
    throwIfChanged(file, descriptor);
    return bytes;
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
