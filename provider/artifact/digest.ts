import { createHash } from "node:crypto";
import { readContent } from "./content";
import { entryHash, lengthPrefixed, type DigestedEntry } from "./entryDigest";
import { ArtifactError } from "./error";
import { yieldToEventLoop } from "../system/eventLoop";
import { mapLimited } from "../system/parallel";
import { summarize } from "./summary";
import { walk, type Entry, type WalkOptions } from "./walk";

export interface TreeOptions extends WalkOptions {
  /** The folder inside the archive that the files are put in: `dags`. Default none. */
  prefix?: string;
}

/** What is known of the content that a folder ships. */
export interface TreeDigest {
  /** `sha256:` and 64 hex digits. Equal for equal content, on every machine. */
  digest: string;
  /** How many files and links ship. */
  files: number;
  /** The sum of the files' sizes, in bytes. */
  bytes: number;
  /** What tells a person which files changed: see {@link summarize}. */
  summary: Record<string, string>;
  /** A Pulumi project's own file, where one ships. */
  projectFile?: string;
}

/** The names that Pulumi gives a project's file. */
const projectFileName = /(^|\/)Pulumi\.(ya?ml|json)$/;

const parallelFiles = 16;

/**
 * Digests what a folder ships: names, contents, executable bits, link targets and the prefix. Not
 * times, owners, other mode bits, the machine, or the order that the file system lists files in.
 *
 * @throws ArtifactError as {@link walk} does, and for files that cannot be read or change meanwhile.
 */
export async function digestTree(root: string, options: TreeOptions = {}): Promise<TreeDigest> {
  checkPrefix(options.prefix);
  const entries = await walk(root, options);
  const digested = await mapLimited(entries, parallelFiles, async (entry) => {
    await yieldToEventLoop();
    return { entry, digest: await digestEntry(entry, options.signal) };
  });
  return combine(digested, options.prefix);
}

/** @throws ArtifactError where the file cannot be read or is not as it was at the walk. */
export async function digestEntry(entry: Entry, signal?: AbortSignal): Promise<Buffer> {
  signal?.throwIfAborted();
  const hash = entryHash(entry);
  if (entry.kind === "file") {
    for await (const chunk of readContent(entry)) {
      signal?.throwIfAborted();
      hash.update(chunk);
    }
  }
  return hash.digest();
}

/** The digest of a tree from those of its entries, which are in the walk's order. */
export function combine(entries: readonly DigestedEntry[], prefix = ""): TreeDigest {
  const hash = createHash("sha256").update(lengthPrefixed("tree 1")).update(lengthPrefixed(prefix));
  let bytes = 0;
  for (const { entry, digest } of entries) {
    hash.update(lengthPrefixed(entry.name)).update(digest);
    if (entry.kind === "file") bytes += entry.size;
  }
  const projectFile = entries.find(({ entry }) => projectFileName.test(entry.name))?.entry.name;
  return {
    digest: `sha256:${hash.digest("hex")}`,
    files: entries.length,
    bytes,
    summary: summarize(entries),
    ...(projectFile !== undefined && { projectFile }),
  };
}

/** Whether a prefix leaves the files inside of the archive: empty, or `a/b` without `.` and `..`. */
export function isInnerFolder(prefix: string): boolean {
  return prefix === "" || prefix.split("/").every((part) => !["", ".", ".."].includes(part));
}

/** @throws ArtifactError where the prefix would put files outside of the archive's root. */
export function checkPrefix(prefix = ""): void {
  if (!isInnerFolder(prefix)) {
    throw new ArtifactError(
      "",
      'cannot be put there inside the archive: that takes a relative path such as dags, without "." and "..".',
    );
  }
}
