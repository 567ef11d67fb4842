import { open } from "node:fs/promises";
import { isTurnDue, yieldToEventLoop } from "../../system/eventLoop";
import { chunkSize, readContent } from "../content";
import { combine, type TreeDigest } from "../digest";
import { entryHash, readDigested, type DigestedEntry } from "../entryDigest";
import { unwritable } from "../error";
import { gzip } from "./gzip";
import { Md5Writer, type Md5s } from "./md5";
import { joinPath } from "../names";
import { endOfArchive, memberHeader, padding } from "./tarHeader";
import { shippedTime } from "./times";
import type { Entry } from "../walk";

/** An archive that was written. */
export interface Archive extends Md5s {
  /** In bytes. */
  size: number;
  /** Of the packed content. */
  digest: TreeDigest;
}

/**
 * Writes the entries to a new tar.gz, which only this user may read. Its bytes depend on the
 * entries and on the version of zlib only.
 *
 * @throws ArtifactError if a file cannot be read or changes meanwhile, or the archive cannot be
 *   written. An incomplete archive may then remain.
 */
export async function writeArchive(
  path: string,
  entries: readonly Entry[],
  prefix = "",
  signal?: AbortSignal,
): Promise<Archive> {
  const failed = (error: unknown) => {
    throw unwritable(path, error);
  };
  const file = await open(path, "wx", 0o600).catch(failed);
  const digested: DigestedEntry[] = [];
  const md5 = new Md5Writer();
  let size = 0;
  try {
    for await (const bytes of gzip(inBlocks(tar(entries, prefix, digested, signal)))) {
      md5.update(bytes);
      size += bytes.length;
      await file.writeFile(bytes).catch(failed);
    }
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  // Some file systems say only now that they had no room.
  await file.close().catch(failed);
  return { size, ...md5.digest(), digest: await combine(digested, prefix) };
}

/** The bytes of a tar with the entries, which are digested at the same time. */
async function* tar(
  entries: readonly Entry[],
  prefix: string,
  digested: DigestedEntry[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void> {
  for (const entry of entries) {
    if (isTurnDue()) await yieldToEventLoop();
    signal?.throwIfAborted();
    if (entry.kind !== "symlink" && entry.size <= chunkSize) {
      const { content, digest } = readDigested(entry);
      yield headerOf(entry, prefix, await shippedTime(entry, digest));
      yield content;
      yield padding(entry.size);
      digested.push({ entry, digest });
      continue;
    }
    yield headerOf(entry, prefix, await shippedTime(entry));
    const hash = entryHash(entry);
    if (entry.kind !== "symlink") {
      for await (const chunk of readContent(entry)) {
        signal?.throwIfAborted();
        hash.update(chunk);
        yield chunk;
      }
      yield padding(entry.size);
    }
    digested.push({ entry, digest: hash.digest("hex") });
  }
  yield endOfArchive;
}

/** Cuts bytes into blocks of the same size, whatever the size of the chunks that they come in. */
async function* inBlocks(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let pending: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    pending.push(chunk);
    size += chunk.length;
    if (size < chunkSize) continue;
    const bytes = Buffer.concat(pending);
    let start = 0;
    for (; size - start >= chunkSize; start += chunkSize) {
      yield bytes.subarray(start, start + chunkSize);
    }
    pending = [bytes.subarray(start)];
    size -= start;
  }
  yield Buffer.concat(pending);
}

function headerOf(entry: Entry, prefix: string, time: number): Buffer {
  const name = joinPath(prefix, entry.name);
  if (entry.kind === "symlink") {
    return memberHeader({ name, mode: 0o777, size: 0, time, target: entry.target });
  }
  const mode = entry.executable ? 0o755 : 0o644;
  return memberHeader({ name, mode, size: entry.size, time });
}
