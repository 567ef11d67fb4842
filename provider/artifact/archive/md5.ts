import { createHash } from "node:crypto";

/** In bytes: of what an upload sends in one request, if the archive is too large for one. */
export const partBytes = 16 * 1024 * 1024;

/** The MD5s of an archive, in base64. */
export interface Md5s {
  /** Of the whole. */
  md5: string;
  /** Of each {@link partBytes} of it. */
  partMd5s: string[];
}

/** Digests an archive while it is written, or the upload would have to read it once more. */
export class Md5Writer {
  private readonly whole = createHash("md5");
  private readonly parts: string[] = [];
  private part = createHash("md5");
  private partSize = 0;

  update(bytes: Buffer): void {
    this.whole.update(bytes);
    for (let rest = bytes; rest.length > 0;) {
      const some = rest.subarray(0, partBytes - this.partSize);
      this.part.update(some);
      this.partSize += some.length;
      if (this.partSize === partBytes) this.endPart();
      rest = rest.subarray(some.length);
    }
  }

  digest(): Md5s {
    if (this.partSize > 0) this.endPart();
    return { md5: this.whole.digest("base64"), partMd5s: this.parts };
  }

  private endPart(): void {
    this.parts.push(this.part.digest("base64"));
    this.part = createHash("md5");
    this.partSize = 0;
  }
}
