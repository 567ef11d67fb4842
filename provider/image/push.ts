import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { retry } from "../http/retry";
import { makeTemporaryFolder, removeTemporaryFolder } from "../system/temporary";
import { compressionOf } from "./compression";
import { ImageError } from "./info";
import type { ImageReference } from "./reference";
import { whyEnded, type TimeLimit } from "./runTool";
import type { ImageTool } from "./tools/names";
import { pushWith, readsGzip, retriesOf } from "./tools";

export interface PushTarget {
  /** As the service names it, with or without a scheme. */
  repository: string;
  tag: string;
  username: string;
  password: string;
}

export interface PushOptions {
  /** One that {@link findTool} found for the source. */
  tool: ImageTool;
  /** The longest that the push may take with its repeats. */
  limit: TimeLimit;
  /** Ends the push. Default never. */
  signal?: AbortSignal | undefined;
}

/**
 * Copies an image to a registry; what fails for a reason that passes is done again, for a push is
 * safe to repeat. The credentials go by a file that only this user can read, never on a command
 * line.
 *
 * @returns the digest of the manifest that the registry now has under the tag.
 * @throws ImageError with what the tool said.
 */
export async function pushImage(
  source: ImageReference,
  target: PushTarget,
  { tool, limit, signal: cancel }: PushOptions,
): Promise<string> {
  const repository = target.repository.replace(/^https?:\/\//, "");
  const login = { host: repository.split("/")[0] ?? "", ...target };
  const timeout = AbortSignal.timeout(limit.ms);
  const signal = cancel ? AbortSignal.any([timeout, cancel]) : timeout;
  const { isRetryable, ...attempts } = retriesOf(tool);
  const folder = await makeTemporaryFolder();
  try {
    const image = readsGzip(tool, source.transport)
      ? source
      : await gunzip(source, folder, limit, signal);
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
      throw new ImageError(`${tool} pushed the image but did not say its digest`);
    }
    return digest;
  } finally {
    await removeTemporaryFolder(folder);
  }
}

/** The image in an archive that is not compressed, made in the folder if need be. */
async function gunzip(
  source: ImageReference,
  folder: string,
  limit: TimeLimit,
  signal: AbortSignal,
): Promise<ImageReference> {
  if (source.transport !== "docker-archive" && source.transport !== "oci-archive") return source;
  if ((await compressionOf(source.path)) !== "gzip") return source;
  const path = join(folder, "image.tar");
  await pipeline(createReadStream(source.path), createGunzip(), createWriteStream(path), {
    signal,
  }).catch((error: unknown) => {
    const { name, code = name } = error as NodeJS.ErrnoException;
    throw new ImageError(
      name === "AbortError"
        ? `unpacking the archive ${whyEnded(signal.reason, limit)}`
        : `the archive cannot be unpacked into the folder for temporary files (${code}); free space there, or name another in TMPDIR`,
    );
  });
  return { ...source, path };
}
