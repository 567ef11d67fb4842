import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";

export const runtimeLabel = "io.astronomer.docker.runtime.version";

const tagAnnotation = "org.opencontainers.image.ref.name";
const listType = "application/vnd.oci.image.index.v1+json";

export interface MadeImage {
  /** What the only file of the image holds: an image with another content has another digest. */
  content?: string | Buffer;
  /** Of each, an image; with more than one, a list of them. Default `linux/amd64` only. */
  platforms?: string[];
  /** Default: as built on Astro Runtime 3.0-2. */
  labels?: Record<string, string>;
}

/**
 * Writes a folder in OCI image layout with one image for each tag.
 *
 * @returns by tag, the digest of what the tag names: an image's manifest, or a list's.
 */
export async function writeLayout(
  folder: string,
  images: Record<string, MadeImage>,
): Promise<Record<string, string>> {
  const blobs = join(folder, "blobs", "sha256");
  mkdirSync(blobs, { recursive: true });

  const blob = (bytes: Buffer) => {
    const hex = createHash("sha256").update(bytes).digest("hex");
    writeFileSync(join(blobs, hex), bytes);
    return { digest: `sha256:${hex}`, size: bytes.length };
  };
  const json = (value: unknown) => blob(Buffer.from(JSON.stringify(value)));

  const image = async (made: MadeImage, platform: string) => {
    const [os, architecture] = platform.split("/");
    const { content = "hello\n", labels = { [runtimeLabel]: "3.0-2" } } = made;
    const layer = await tar("hello", content);
    const config = json({
      os,
      architecture,
      config: { Labels: labels },
      rootfs: { type: "layers", diff_ids: [blob(layer).digest] },
    });
    const manifest = json({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
      layers: [
        { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", ...blob(gzipSync(layer)) },
      ],
    });
    return {
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      ...manifest,
      platform: { os, architecture },
    };
  };

  const digests: Record<string, string> = {};
  const index = [];
  for (const [tag, made] of Object.entries(images)) {
    const { platforms = ["linux/amd64"] } = made;
    const manifests = [];
    for (const platform of platforms) manifests.push(await image(made, platform));
    const entry =
      manifests.length === 1
        ? manifests[0]
        : { mediaType: listType, ...json({ schemaVersion: 2, mediaType: listType, manifests }) };
    if (!entry) throw new Error("an image needs a platform");
    const { mediaType, digest, size } = entry;
    index.push({ mediaType, digest, size, annotations: { [tagAnnotation]: tag } });
    digests[tag] = digest;
  }
  writeFileSync(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: index }));
  return digests;
}

async function tar(name: string, content: string | Buffer): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name, mtime: new Date(0) }, content);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
