import { createHash } from "node:crypto";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";

/** A member of an uploaded archive. */
export interface Member {
  name: string;
  /** `file`, `directory`, `symlink`, `link` (hard link) or another type of tar. */
  type: string;
  /** What a link points to. */
  linkname?: string;
  /** Permission bits, such as `0o644`. */
  mode: number;
  size: number;
  uid: number;
  gid: number;
  /** Epoch milliseconds. */
  mtime: number;
  /** Of the contents, in hexadecimal. */
  sha256: string;
}

const blockBytes = 512;

/**
 * Reads an archive, gzip or plain, to its end without keeping its contents.
 *
 * @param take - The one member whose contents are kept.
 * @throws Error if it is not a whole, readable archive.
 */
export async function readArchive(
  source: AsyncIterable<Buffer>,
  take?: { name: string; into: Buffer[] },
): Promise<Member[]> {
  const members: Member[] = [];
  const archive = extract();
  const listing = (async () => {
    for await (const entry of archive) {
      const { header } = entry;
      const hash = createHash("sha256");
      for await (const chunk of entry) {
        hash.update(chunk as Buffer);
        if (header.name === take?.name) take.into.push(chunk as Buffer);
      }
      members.push({
        name: header.name,
        type: header.type,
        ...(header.linkname ? { linkname: header.linkname } : {}),
        mode: header.mode,
        size: header.size,
        uid: header.uid,
        gid: header.gid,
        mtime: header.mtime.getTime(),
        sha256: hash.digest("hex"),
      });
    }
  })();
  const { isGzip, bytes } = await sniff(source);
  const reading = isGzip
    ? pipeline(bytes, createGunzip(), wholeBlocks(), archive)
    : pipeline(bytes, wholeBlocks(), archive);
  await Promise.all([reading, listing]);
  return members;
}

/** Refuses what ends in the middle of a tar block, and what is empty: the tar reader takes both. */
function wholeBlocks(): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(null, chunk);
    },
    flush(done) {
      const whole = bytes > 0 && bytes % blockBytes === 0;
      done(whole ? null : new Error(`an archive of ${bytes} bytes is not a whole tar`));
    },
  });
}

/** Looks at the first two bytes, and gives the whole stream again. */
async function sniff(
  source: AsyncIterable<Buffer>,
): Promise<{ isGzip: boolean; bytes: AsyncIterable<Buffer> }> {
  const rest = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < 2) {
    const next = await rest.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  const bytes = async function* () {
    yield head;
    yield* { [Symbol.asyncIterator]: () => rest };
  };
  return { isGzip: head[0] === 0x1f && head[1] === 0x8b, bytes: bytes() };
}
