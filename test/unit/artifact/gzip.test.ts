import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { crc32InScript } from "../../../provider/artifact/archive/crc32";
import { gzip } from "../../../provider/artifact/archive/gzip";

describe("gzip", () => {
  const compress = async (blocks: Iterable<Buffer>) => {
    const chunks: Buffer[] = [];
    for await (const chunk of gzip(blocks)) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  const source = Buffer.from(
    Array.from({ length: 60_000 }, (_, index) => `task_${(index * 7919) % 1000} = ${index}\n`).join(
      "",
    ),
  );
  const cut = (bytes: Buffer, size: number) =>
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );

  const contents = {
    nothing: [],
    "an empty block": [Buffer.alloc(0)],
    text: cut(source, 100_000),
    "bytes that do not shrink": cut(randomBytes(2_000_000), 256 * 1024),
    "blocks shorter than the window": cut(source.subarray(0, 10_000), 7),
  };
  for (const [what, blocks] of Object.entries(contents)) {
    it(`restores ${what}`, async () => {
      assert.ok(gunzipSync(await compress(blocks)).equals(Buffer.concat(blocks)));
    });
  }

  it("is as small as gzip in one piece, and the same each time", async () => {
    const made = await compress(cut(source, 256 * 1024));
    const whole = gzipSync(source).length;
    assert.ok(made.length <= whole * 1.002, `${made.length} bytes instead of ${whole}`);
    assert.ok(made.equals(await compress(cut(source, 256 * 1024))));
  });

  it("fails as what gives the blocks does", async () => {
    const failing = function* () {
      yield source;
      throw new Error("no more");
    };
    await assert.rejects(compress(failing()), /no more/);
  });

  it("has the same checksum where Node.js has no function for it", () => {
    let checksum = 0;
    for (const block of cut(source, 1000)) checksum = crc32InScript(block, checksum);
    assert.equal(checksum, gzipSync(source).readUInt32LE(gzipSync(source).length - 8));
  });
});
