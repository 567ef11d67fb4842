import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { crc32 } from "./crc32";

const deflateRaw = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.deflateRaw);

/** As far back as gzip finds what repeats. */
const windowBytes = 32 * 1024;

/** The default size of the thread pool that zlib runs in (`UV_THREADPOOL_SIZE`). */
const parallelBlocks = 4;

/** No name, no time, an unknown system. */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

/**
 * Compresses blocks side by side in zlib's own threads, and joins them to one gzip member, as pigz
 * does: each block finds what repeats also in the end of the one before, and ends at a byte. So the
 * result depends on the blocks, and not on how many threads there are.
 */
export async function* gzip(
  blocks: AsyncIterable<Buffer> | Iterable<Buffer>,
): AsyncGenerator<Buffer, void> {
  let checksum = 0;
  let size = 0;
  let before: Buffer | undefined;
  const inProgress: Promise<Buffer>[] = [];
  yield header;
  try {
    for await (const block of blocks) {
      checksum = crc32(block, checksum);
      size += block.length;
      const compressing = compress(block, before, zlib.constants.Z_SYNC_FLUSH);
      // It may fail while an earlier one is awaited.
      compressing.catch(() => undefined);
      inProgress.push(compressing);
      before = block.subarray(-windowBytes);
      const first = inProgress.length === parallelBlocks && inProgress.shift();
      if (first) yield await first;
    }
    for (const compressed of inProgress) yield await compressed;
  } finally {
    await Promise.allSettled(inProgress);
  }
  yield await compress(Buffer.alloc(0), undefined, zlib.constants.Z_FINISH);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  yield trailer;
}

function compress(block: Buffer, dictionary: Buffer | undefined, finishFlush: number) {
  // Room for all of the result, so that it needs only one turn of a thread.
  const chunkSize = block.length + (block.length >> 8) + 1024;
  return deflateRaw(block, { chunkSize, finishFlush, ...(dictionary && { dictionary }) });
}
