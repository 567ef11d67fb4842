import * as zlib from "node:zlib";

const table = Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** For Node.js before 20.15 and 22.2, whose zlib does not export it. */
export function crc32InScript(bytes: Buffer, before: number): number {
  let crc = ~before;
  for (const byte of bytes) crc = (table[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The checksum of gzip, of bytes that follow those that have the other one. */
export const crc32: (bytes: Buffer, before: number) => number =
  (zlib as Partial<typeof zlib>).crc32 ?? crc32InScript;
