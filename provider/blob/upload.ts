import { randomBytes } from "node:crypto";
import { openStore, type BlobStore, type StoreOptions } from "./store";
import { deadlineAt, type Deadline } from "./deadline";
import type { Package } from "../artifact/pack";
import { mapLimited } from "../system/parallel";
import { md5Of, readRange, type Range } from "./range";
import { UploadError } from "./error";

export { UploadError };

export interface UploadOptions extends StoreOptions {
  /** Default {@link uploadLimits}. */
  limits?: Readonly<UploadLimits> | undefined;
  /** When to give up, in milliseconds since 1970. Default never: only the attempts are bounded. */
  deadline?: number;
  /** Ends the upload. Default never. */
  signal?: AbortSignal | undefined;
  /** Is told of each chunk. `sentBytes` falls back where an attempt has to start anew. */
  onProgress?: (sentBytes: number, totalBytes: number) => void;
}

/** What is uploaded. */
export type Archive = Pick<Package, "path" | "size" | "md5">;

const mebibyte = 1024 * 1024;

/** How archives are cut. */
export interface UploadLimits {
  /** Up to so many bytes an archive goes in one request. */
  singlePut: number;
  /** Above it, in blocks of so many bytes, each of which is repeated alone. */
  block: number;
  parallelBlocks: number;
}

/** Within what every version of the blob service takes. */
export const uploadLimits: Readonly<UploadLimits> = {
  singlePut: 64 * mebibyte,
  block: 16 * mebibyte,
  parallelBlocks: 2,
};

/** What the service's documentation sends for an archive. */
const contentType = "application/x-tar";

/**
 * Uploads an archive to a blob store by its signed URL, with a known length and with MD5s that the
 * store checks. Memory stays bounded whatever the size. To repeat it is safe: each success makes a
 * version of its own.
 *
 * @returns the version that the store gave it.
 * @throws UploadError where the store does not take it in time; `expired` where the URL is spent.
 * @throws ArtifactError where the archive cannot be read.
 */
export async function upload(
  url: string,
  archive: Archive,
  options: UploadOptions = {},
): Promise<string> {
  const { limits = uploadLimits } = options;
  const ending = deadlineAt(options.deadline, options.signal);
  try {
    const store = openStore(url, ending.signal, options);
    const progress = new Progress(archive.size, options.onProgress);
    try {
      const version = await (archive.size <= limits.singlePut
        ? putWhole(store, archive, progress)
        : putBlocks(store, archive, progress, ending, limits));
      if (version) return version;
      throw new UploadError(
        `${store.host} took the upload but gave no version of it (no x-ms-version-id header), without which it cannot be deployed. Does a proxy in between drop headers?`,
      );
    } finally {
      store.close();
    }
  } finally {
    ending.release();
  }
}

function putWhole(store: BlobStore, { path, size, md5 }: Archive, progress: Progress) {
  return store.put({
    headers: {
      "x-ms-blob-type": "BlockBlob",
      "Content-Type": contentType,
      "Content-MD5": md5,
    },
    length: size,
    body: () => progress.watch({ path, start: 0, length: size }),
  });
}

async function putBlocks(
  store: BlobStore,
  { path, size, md5 }: Archive,
  progress: Progress,
  ending: Deadline,
  limits: Readonly<UploadLimits>,
) {
  // Not used by any other upload to this URL, whose blocks may be waiting there still.
  const mark = randomBytes(12);
  const blocks = Array.from({ length: Math.ceil(size / limits.block) }, (_, index) => {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(index);
    const start = index * limits.block;
    return {
      id: Buffer.concat([mark, number]).toString("base64"),
      range: { path, start, length: Math.min(limits.block, size - start) },
    };
  });

  await mapLimited(blocks, limits.parallelBlocks, async ({ id, range }) => {
    try {
      await store.put({
        query: `comp=block&blockid=${encodeURIComponent(id)}`,
        headers: {
          "Content-Type": "application/octet-stream",
          "Content-MD5": await md5Of(range),
        },
        length: range.length,
        body: () => progress.watch(range),
      });
    } catch (error) {
      ending.end("another block of it failed");
      throw error;
    }
  });

  const list = Buffer.from(
    `<?xml version="1.0" encoding="utf-8"?><BlockList>${blocks.map(({ id }) => `<Latest>${id}</Latest>`).join("")}</BlockList>`,
  );
  return store.put({
    query: "comp=blocklist",
    headers: {
      "Content-Type": "application/xml",
      "x-ms-blob-content-type": contentType,
      "x-ms-blob-content-md5": md5,
    },
    length: list.length,
    body: () => [list],
  });
}

/** Counts what was sent of each part, so that a part that starts anew is not counted twice. */
class Progress {
  private readonly sent = new Map<number, number>();

  constructor(
    private readonly total: number,
    private readonly report?: UploadOptions["onProgress"],
  ) {}

  async *watch(range: Range): AsyncGenerator<Buffer, void> {
    let sent = 0;
    for await (const chunk of readRange(range)) {
      yield chunk;
      sent += chunk.length;
      this.sent.set(range.start, sent);
      this.report?.(
        [...this.sent.values()].reduce((sum, part) => sum + part, 0),
        this.total,
      );
    }
  }
}
