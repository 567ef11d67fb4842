import { createHash } from "node:crypto";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { pack, type Header, type Pack } from "tar-stream";
import { chunkSize, readAtOnce, readContent } from "./content";
import { combine, type TreeDigest } from "./digest";
import { entryHash, type DigestedEntry } from "./entryDigest";
import { ArtifactError, unwritable } from "./error";
import { yieldToEventLoop } from "../system/eventLoop";
import { joinPath } from "./names";
import { shippedTime } from "./times";
import type { Entry } from "./walk";

/** An archive that was written. */
export interface Archive {
  /** In bytes. */
  size: number;
  /** In base64. */
  md5: string;
  /** Of the packed content. */
  digest: TreeDigest;
}

/** Bytes that wait for gzip, which runs in another thread, so that it always has work. */
const bufferedBytes = 4 * chunkSize;

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
  const file = await open(path, "wx", 0o600).catch((error: unknown) => {
    throw unwritable(path, error);
  });
  const archive = pack();
  const md5 = createHash("md5");
  let size = 0;
  const filling = fill(archive, entries, prefix, signal).catch((error: unknown) => {
    archive.destroy(error as Error);
    throw error;
  });
  const writing = pipeline(
    archive as AsyncIterable<Buffer>,
    gather,
    new PassThrough({ highWaterMark: bufferedBytes }),
    createGzip({ chunkSize }),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        md5.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    },
    file.createWriteStream(),
  );
  // If one fails, so does the other: a file that cannot be read is the cause, not the cut archive.
  const [filled, written] = await Promise.allSettled([filling, writing]);
  if (filled.status === "rejected" && filled.reason instanceof ArtifactError) throw filled.reason;
  if (signal?.aborted) throw signal.reason;
  if (written.status === "rejected") throw unwritable(path, written.reason);
  if (filled.status === "rejected") throw filled.reason;
  return { size, md5: md5.digest("base64"), digest: filled.value };
}

async function fill(
  archive: Pack,
  entries: readonly Entry[],
  prefix: string,
  signal: AbortSignal | undefined,
): Promise<TreeDigest> {
  const digested: DigestedEntry[] = [];
  for (const entry of entries) {
    await yieldToEventLoop();
    const hash = entryHash(entry);
    const { sink, added } = beginMember(archive, headerOf(entry, prefix, await shippedTime(entry)));
    if (entry.kind !== "symlink") {
      for await (const chunk of entry.size > chunkSize ? readContent(entry) : [readAtOnce(entry)]) {
        signal?.throwIfAborted();
        hash.update(chunk);
        if (!sink.write(chunk)) await Promise.race([once(sink, "drain"), added]);
      }
      sink.end(null);
    }
    await added;
    digested.push({ entry, digest: hash.digest() });
  }
  archive.finalize();
  return combine(digested, prefix);
}

/** Joins small chunks, since each one costs gzip a round trip to another thread. */
async function* gather(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let pending: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    pending.push(chunk);
    size += chunk.length;
    if (size < chunkSize) continue;
    yield Buffer.concat(pending);
    pending = [];
    size = 0;
  }
  yield Buffer.concat(pending);
}

interface Member {
  sink: ReturnType<Pack["entry"]>;
  /** Settles when the member is complete or has failed. */
  added: Promise<void>;
}

function beginMember(archive: Pack, header: MemberHeader): Member {
  let settle: (error?: Error | null) => void = () => undefined;
  const added = new Promise<void>((resolve, reject) => {
    settle = (error) => {
      if (error) reject(error);
      else resolve();
    };
  });
  const sink = archive.entry(header, (error) => {
    settle(error);
  });
  // If reading the file fails, nobody awaits its member; that must not end the process.
  added.catch(() => undefined);
  sink.on("error", () => undefined);
  return { sink, added };
}

type MemberHeader = Partial<Header> & Pick<Header, "name">;

function headerOf(entry: Entry, prefix: string, mtime: Date): MemberHeader {
  const common = {
    name: joinPath(prefix, entry.name),
    mtime,
    uid: 0,
    gid: 0,
    uname: "",
    gname: "",
  };
  return entry.kind === "symlink"
    ? { ...common, type: "symlink", mode: 0o777, linkname: entry.target }
    : { ...common, type: "file", mode: entry.executable ? 0o755 : 0o644, size: entry.size };
}
