import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { changed, unreadable } from "../artifact/error";

/** Part of a file, in bytes. */
export interface Range {
  path: string;
  start: number;
  length: number;
}

/** In bytes: large reads keep a fast connection busy. */
const readSize = 1024 * 1024;

/**
 * Reads part of a file.
 *
 * @throws ArtifactError if it cannot be read, or ends too early.
 */
export async function* readRange({ path, start, length }: Range): AsyncGenerator<Buffer, void> {
  let remaining = length;
  try {
    const end = start + length - 1;
    const stream = createReadStream(path, { start, end, highWaterMark: readSize });
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      remaining -= chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw unreadable(path, error);
  }
  if (remaining > 0) throw changed(path);
}

/** The MD5 of part of a file, in base64. */
export async function md5Of(range: Range): Promise<string> {
  const hash = createHash("md5");
  for await (const chunk of readRange(range)) hash.update(chunk);
  return hash.digest("base64");
}
