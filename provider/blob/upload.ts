import { randomBytes } from "node:crypto";
import { openStore, type BlobStore, type StoreOptions } from "./store";
import { deadlineAt, type Deadline } from "../system/deadline";
import { partBytes } from "../artifact/archive/md5";
import type { Package } from "../artifact/archive/pack";
import { mapLimited } from "../system/parallel";
import { md5Of, readRange, type Range } from "./range";
import { UploadError, uploadTo } from "./error";

export { UploadError };

export interface UploadOptions extends StoreOptions {
  /** Default {@link uploadLimits}. */
  limits?: Readonly<UploadLimits> | undefined;
  /** When to give up, in milliseconds since 1970. Default never: only the attempts are bounded. */
  deadline?: number;
  /** Ends the upload. Default never. */
  signal?: AbortSignal | undefined;
  /** Called after each chunk. `sentBytes` decreases when an attempt has to start over. */
  onProgress?: (sentBytes: number, totalBytes: number) => void;
}

/** The archive to upload. */
export type Archive = Pick<Package, "path" | "size" | "md5"> & Partial<Pick<Package, "partMd5s">>;

const mebibyte = 1024 * 1024;

/** How archives are divided into requests. */
export interface UploadLimits {
  /** The largest archive, in bytes, that is sent in one request. */
  singlePut: number;
  /** A larger one is sent in blocks of so many bytes, each retried on its own. */
  block: number;
  parallelBlocks: number;
}

/** Within the limits of every version of the blob service. */
export const uploadLimits: Readonly<UploadLimits> = {
  singlePut: 64 * mebibyte,
  block: partBytes,
  parallelBlocks: 2,
};

/** As in Astro's documentation. */
const contentType = "application/x-tar";

/**
 * Uploads an archive to a blob store by its signed URL, with a known length and with MD5s that the
 * store checks. Memory is bounded whatever the size. A repeat is safe: each success creates a
 * version of its own.
 *
 * @returns the blob's version, which finalizing the deploy needs.
 * @throws UploadError if the store does not accept it in time; `expired` if the URL has expired.
 * @throws ArtifactError if the archive cannot be read.
 */
export async function upload(
  url: string,
  archive: Archive,
  options: UploadOptions = {},
): Promise<string> {
  const { limits = uploadLimits } = options;
  const deadline = deadlineAt(
    options.deadline,
    options.signal,
    "it took longer than allowed; raise astro:uploadTimeoutSeconds",
  );
  try {
    const store = openStore(url, deadline.signal, options);
    const progress = new Progress(archive.size, options.onProgress);
    try {
      const version = await (archive.size <= limits.singlePut
        ? putWhole(store, archive, progress)
        : putBlocks(store, archive, progress, deadline, limits));
      if (version) return version;
      throw new UploadError({
        messageCode: "upload-rejected",
        operation: uploadTo(store.host).name,
        problem:
          "the store accepted it but did not return its version (x-ms-version-id header), which the deploy needs.",
        advice: "A proxy may have removed the header.",
        outcome: "answered",
      });
    } finally {
      store.close();
    }
  } finally {
    deadline.release();
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
    body: () => progress.track({ path, start: 0, length: size }),
  });
}

async function putBlocks(
  store: BlobStore,
  { path, size, md5, partMd5s }: Archive,
  progress: Progress,
  deadline: Deadline,
  limits: Readonly<UploadLimits>,
) {
  // Differs from the ids of any other upload to this URL, whose uncommitted blocks may still be
  // there.
  const idPrefix = randomBytes(12);
  const blocks = Array.from({ length: Math.ceil(size / limits.block) }, (_, index) => {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(index);
    const start = index * limits.block;
    return {
      id: Buffer.concat([idPrefix, number]).toString("base64"),
      range: { path, start, length: Math.min(limits.block, size - start) },
      knownMd5: limits.block === partBytes ? partMd5s?.[index] : undefined,
    };
  });

  await mapLimited(blocks, limits.parallelBlocks, async ({ id, range, knownMd5 }) => {
    try {
      await store.put({
        query: `comp=block&blockid=${encodeURIComponent(id)}`,
        headers: {
          "Content-Type": "application/octet-stream",
          "Content-MD5": knownMd5 ?? (await md5Of(range)),
        },
        length: range.length,
        body: () => progress.track(range),
      });
    } catch (error) {
      deadline.abort("another block of it failed");
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

/** Counts the bytes sent of each part, so that a part that starts over is not counted twice. */
class Progress {
  private readonly sent = new Map<number, number>();

  constructor(
    private readonly total: number,
    private readonly report?: UploadOptions["onProgress"],
  ) {}

  async *track(range: Range): AsyncGenerator<Buffer, void> {
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
