import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { retry } from "../http/retry";
import { makeTemporaryFolder, removeTemporaryFolder } from "../system/temporary";
import { compressionOf } from "./compression";
import { ImageError } from "./info";
import type { ImageReference } from "./reference";
import { startLimit, whyEnded, type TimeLimit } from "./runTool";
import type { ImageTool } from "./tools/tool";
import { pushWith, readsGzip, retriesOf } from "./tools";

export interface PushTarget {
  /** As Astro returns it, with or without a scheme. */
  repository: string;
  tag: string;
  username: string;
  password: string;
}

export interface PushOptions {
  /** As {@link findTool} returns it for the source. */
  tool: ImageTool;
  /** For the push with all retries. */
  limit: TimeLimit;
  /** Ends the push. Default never. */
  signal?: AbortSignal | undefined;
}

/**
 * Copies an image to a registry. A temporary failure is retried, since a push is safe to repeat.
 * The tool reads the credentials from a file that only this user can read, never from a command
 * line.
 *
 * @returns the digest of the manifest that the tag now names in the registry.
 * @throws ImageError with the last lines of the tool's output.
 */
export async function pushImage(
  source: ImageReference,
  target: PushTarget,
  { tool, limit, signal: cancel }: PushOptions,
): Promise<string> {
  const repository = target.repository.replace(/^https?:\/\//, "");
  const login = { host: repository.split("/")[0] ?? "", ...target };
  const deadline = startLimit(limit, cancel);
  const { signal } = deadline;
  const { isRetryable, ...attempts } = retriesOf(tool);
  const folder = await makeTemporaryFolder();
  try {
    const image = readsGzip(tool, source.transport) ? source : await gunzip(source, folder, signal);
    const options = { limit, signal, folder, login };
    const digest = await retry(
      () => pushWith(tool, image, `${repository}:${target.tag}`, options),
      {
        ...attempts,
        signal,
        classify: (error) => ({ retry: error instanceof ImageError && isRetryable(error.message) }),
      },
    );
    if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
      throw new ImageError(
        "image-push-failed",
        `${tool} pushed the image but did not report its digest`,
      );
    }
    return digest;
  } finally {
    deadline.release();
    await removeTemporaryFolder(folder);
  }
}

/** The same image in an archive that is not compressed, written to the folder if necessary. */
async function gunzip(
  source: ImageReference,
  folder: string,
  signal: AbortSignal,
): Promise<ImageReference> {
  if (source.transport !== "docker-archive" && source.transport !== "oci-archive") return source;
  if ((await compressionOf(source.path)) !== "gzip") return source;
  const path = join(folder, "image.tar");
  await pipeline(createReadStream(source.path), createGunzip(), createWriteStream(path), {
    signal,
  }).catch((error: unknown) => {
    const { name, code = name } = error as NodeJS.ErrnoException;
    if (name === "AbortError") {
      throw new ImageError("cancelled", `decompressing the archive ${whyEnded(signal.reason)}`);
    }
    throw new ImageError(
      "no-space",
      `the archive cannot be decompressed into the folder for temporary files (${code}); free space there, or set TMPDIR to another folder`,
    );
  });
  return { ...source, path };
}
