import * as zlib from "node:zlib";

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** For Node.js before 20.15 and 22.2, whose zlib does not export it. */
export function crc32InScript(bytes: Buffer, before: number): number {
  let crc = ~before;
  // eslint-disable-next-line @typescript-eslint/prefer-for-of -- an iterator takes ten times as long
  for (let at = 0; at < bytes.length; at++) {
    crc = (table[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

/** The checksum of gzip, of bytes that follow those that have the other one. */
export const crc32: (bytes: Buffer, before: number) => number =
  (zlib as Partial<typeof zlib>).crc32 ?? crc32InScript;
