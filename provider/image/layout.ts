import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { Extract } from "tar-stream";
import * as z from "zod";
import { compressionOf, type Compression } from "./compression";
import { ImageError, type ImageInfo } from "./info";
import { chooseFromList, configSchema, infoOf, manifestSchema } from "./manifest";

/**
 * Reads an image's description from a local file or folder, without any tool, so that a preview
 * works on a machine that has none.
 *
 * Source of the formats: the OCI image layout specification, and `docker save`'s `manifest.json`.
 */

/** Reads a small file of a layout by its path within it. */
type ReadFile = (path: string) => Promise<Buffer | undefined>;

const savedImages = z.array(
  z.object({ Config: z.string(), RepoTags: z.array(z.string()).nullish() }),
);

const tagAnnotation = "org.opencontainers.image.ref.name";

/** Describes an image in a folder in OCI image layout. */
export async function readLayoutFolder(folder: string, tag?: string): Promise<ImageInfo> {
  const about = await stat(folder).catch(() => undefined);
  if (!about?.isDirectory())
    throw new ImageError("image-unreadable", "it is not a folder in OCI image layout");
  return readLayout((path) => readFile(join(folder, path)).catch(() => undefined), tag);
}

/** Describes an image in a tar file: an OCI layout, or what `docker save` writes. */
export async function readArchive(
  file: string,
  format: "oci-archive" | "docker-archive",
  tag?: string,
): Promise<ImageInfo> {
  const texts = await readSmallMembers(file);
  const read: ReadFile = (path) => Promise.resolve(texts.get(path));
  return format === "oci-archive" ? readLayout(read, tag) : readSaved(read, tag);
}

async function readLayout(read: ReadFile, tag?: string): Promise<ImageInfo> {
  const index = await readJson(read, "index.json", manifestSchema);
  const all = index.manifests ?? [];
  const tagged = all.filter(
    (entry) => tag === undefined || entry.annotations?.[tagAnnotation] === tag,
  );
  if (tagged.length !== 1) {
    const tags = all.flatMap((entry) => entry.annotations?.[tagAnnotation] ?? []).join(", ");
    const why =
      tag === undefined
        ? `it holds ${all.length} images; name one`
        : "it holds no image with that tag";
    throw new ImageError("image-unreadable", `${why}${tags ? ` (its tags are ${tags})` : ""}`);
  }
  let [entry] = tagged;
  let image = entry && (await readJson(read, blobPath(entry.digest), manifestSchema));
  if (image?.manifests) {
    entry = chooseFromList(image.manifests);
    image = await readJson(read, blobPath(entry.digest), manifestSchema);
  }
  if (!entry || !image?.config)
    throw new ImageError("image-unreadable", "it holds no image manifest");
  const config = await readJson(read, blobPath(image.config.digest), configSchema);
  const isList = entry !== tagged[0];
  return { ...infoOf(entry.digest, config), isOnlyImage: all.length === 1 && !isList };
}

async function readSaved(read: ReadFile, tag?: string): Promise<ImageInfo> {
  const images = await readJson(read, "manifest.json", savedImages);
  const wanted = tag && dockerName(tag);
  const tagged = images.filter(
    ({ RepoTags }) => wanted === undefined || RepoTags?.map(dockerName).includes(wanted),
  );
  const [image] = tagged;
  if (!image || tagged.length > 1) {
    const tags = images.flatMap((each) => each.RepoTags ?? []).join(", ");
    throw new ImageError(
      "image-unreadable",
      `it holds ${tagged.length} images with that tag; name one (its tags are ${tags})`,
    );
  }
  const config = await readJson(read, image.Config, configSchema);
  // The archive's manifest has no digest; the configuration's digest identifies the image.
  const [hex = ""] = /[0-9a-f]{64}/.exec(image.Config) ?? [];
  return { ...infoOf(`sha256:${hex}`, config), isOnlyImage: images.length === 1 };
}

/** An image's name as Docker shows it: `etl:latest` for `docker.io/library/etl`. */
function dockerName(name: string): string {
  const short = name.replace(/^(index\.)?docker\.io\//, "").replace(/^library\//, "");
  return /:[^/]+$/.test(short) ? short : `${short}:latest`;
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}

async function readJson<T>(read: ReadFile, path: string, schema: z.ZodType<T>): Promise<T> {
  const bytes = await read(path);
  if (!bytes)
    throw new ImageError(
      "image-unreadable",
      `it has no ${path}: it is not an image of this kind, or is incomplete`,
    );
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new ImageError("image-unreadable", `its ${path} is not JSON`);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw new ImageError("image-unreadable", `its ${path} is not valid for an image of this kind`);
  return parsed.data;
}

/** In bytes. Manifests and configurations have kilobytes; a layer may begin like JSON. */
const maxMemberBytes = 4 * 1024 * 1024;

/** The programs for archives that are not read here: every supported Node.js can read gzip only. */
const decompressors: Record<Compression, string | undefined> = {
  gzip: undefined,
  bzip2: "bzip2",
  xz: "xz",
  zstd: "zstd",
};

async function readSmallMembers(file: string): Promise<Map<string, Buffer>> {
  const about = await stat(file).catch(() => undefined);
  if (!about?.isFile()) throw new ImageError("image-unreadable", "it is not a file");
  // Few programs have such an image.
  const { extract } = await import("tar-stream");
  const members = extract();
  try {
    const compression = await compressionOf(file);
    const tool = compression && decompressors[compression];
    if (tool !== undefined) {
      throw new ImageError(
        "image-unreadable",
        `it is compressed with ${compression}: decompress it (${tool} -d), or compress it with gzip instead`,
      );
    }
    const unzip = compression === "gzip" ? [createGunzip()] : [];
    const written = pipeline([createReadStream(file), ...unzip, members]);
    const [texts] = await Promise.all([keepJson(members), written]);
    return texts;
  } catch (error) {
    if (error instanceof ImageError) throw error;
    const { code, syscall } = error as NodeJS.ErrnoException;
    throw new ImageError(
      "image-unreadable",
      syscall === undefined
        ? "it is not a tar archive, or is incomplete"
        : `it cannot be read (${code ?? syscall})`,
    );
  }
}

async function keepJson(members: Extract): Promise<Map<string, Buffer>> {
  const texts = new Map<string, Buffer>();
  for await (const member of members) {
    const { name, type, size } = member.header;
    const keep = type === "file" && size <= maxMemberBytes;
    const chunks: Buffer[] = [];
    for await (const chunk of member) if (keep) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    if (/^\s*[[{]/.test(bytes.subarray(0, 16).toString("latin1"))) {
      texts.set(name.replace(/^\.\//, ""), bytes);
    }
  }
  return texts;
}
