import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** A stretch of uploaded bytes: a whole blob, or one block of it. */
export interface Segment {
  id: string;
  bytes: number;
  /** Base64, as `Content-MD5` has it. */
  md5: string;
}

/** Keeps uploaded bytes. */
export interface SegmentStore {
  /** Consumes the stream; rejects, keeping nothing, if it breaks off. */
  write(source: Readable): Promise<Segment>;
  read(segment: Segment): Readable;
  remove(segment: Segment): Promise<void>;
}

/** Passes bytes through, counting and hashing them. */
function measure() {
  const md5 = createHash("md5");
  let bytes = 0;
  const through = async function* (source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      bytes += chunk.length;
      md5.update(chunk);
      yield chunk;
    }
  };
  return { through, result: () => ({ bytes, md5: md5.digest("base64") }) };
}

export class MemorySegments implements SegmentStore {
  readonly #chunks = new Map<string, Buffer[]>();

  async write(source: Readable): Promise<Segment> {
    const { through, result } = measure();
    const chunks: Buffer[] = [];
    for await (const chunk of through(source)) chunks.push(chunk);
    const id = randomUUID();
    this.#chunks.set(id, chunks);
    return { id, ...result() };
  }

  read(segment: Segment): Readable {
    return Readable.from(this.#chunks.get(segment.id) ?? []);
  }

  remove(segment: Segment): Promise<void> {
    this.#chunks.delete(segment.id);
    return Promise.resolve();
  }
}

/** One file a segment, in `<dir>/blobs`. */
export class FileSegments implements SegmentStore {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = join(dir, "blobs");
  }

  async write(source: Readable): Promise<Segment> {
    await mkdir(this.#dir, { recursive: true });
    const id = randomUUID();
    const { through, result } = measure();
    try {
      await pipeline(source, through, createWriteStream(join(this.#dir, id)));
    } catch (error) {
      await rm(join(this.#dir, id), { force: true });
      throw error;
    }
    return { id, ...result() };
  }

  read(segment: Segment): Readable {
    return createReadStream(join(this.#dir, segment.id));
  }

  remove(segment: Segment): Promise<void> {
    return rm(join(this.#dir, segment.id), { force: true });
  }
}
