import { open } from "node:fs/promises";

/** The first bytes of a compressed file. */
const magic = {
  gzip: [0x1f, 0x8b],
  bzip2: [0x42, 0x5a, 0x68],
  xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  zstd: [0x28, 0xb5, 0x2f, 0xfd],
} as const;
export type Compression = keyof typeof magic;

/** How a file is compressed; undefined if in none of these ways. */
export async function compressionOf(file: string): Promise<Compression | undefined> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(8), 0, 8, 0);
    const names = Object.keys(magic) as Compression[];
    return names.find(
      (name) =>
        bytesRead >= magic[name].length && magic[name].every((byte, at) => buffer[at] === byte),
    );
  } finally {
    await handle.close();
  }
}
