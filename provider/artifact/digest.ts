import { createHash } from "node:crypto";
import { readContent } from "./content";
import {
  addEntries,
  digestRoom,
  entryHash,
  lengthPrefixed,
  readDigested,
  type DigestedEntry,
} from "./entryDigest";
import { ArtifactError } from "./error";
import { isTurnDue, yieldToEventLoop } from "../system/eventLoop";
import { mapLimited } from "../system/parallel";
import { summarize } from "./summary";
import { listTree, type Tree } from "./fileMap";
import type { Entry, WalkOptions } from "./walk";
import { Warmth } from "./warmth";

export interface TreeOptions extends WalkOptions {
  /** The folder inside the archive that the files are put in: `dags`. Default none. */
  prefix?: string;
}

/** The content that a tree ships. */
export interface TreeDigest {
  /** `sha256:` and 64 hex digits. Equal for equal content, on every machine. */
  digest: string;
  /** How many files and links ship. */
  files: number;
  /** The sum of the files' sizes, in bytes. */
  bytes: number;
  /** Shows a person which files changed: see {@link summarize}. */
  summary: Record<string, string>;
  /** The name of a Pulumi project file (`Pulumi.yaml`), if one ships. */
  projectFile?: string;
}

/** The names of a Pulumi project file. */
const projectFileName = /(^|\/)Pulumi\.(ya?ml|json)$/;

/** In bytes. For a larger file, the round trips to another thread are short beside the reading. */
const smallFile = 64 * 1024;

const parallelFiles = 16;

/** How many files are read from the disk before it is tried again whether it is still necessary. */
const filesFromDisk = 256;

/**
 * Digests what a tree ships: names, contents, executable bits, link targets and the prefix. Not
 * times, owners, other mode bits, the machine, or the order that the file system lists files in.
 *
 * @throws ArtifactError as {@link walk} does, and for files that cannot be read or change
 *   meanwhile.
 */
export async function digestTree(tree: Tree, options: TreeOptions = {}): Promise<TreeDigest> {
  return combine(await digestEntries(tree, options), options.prefix);
}

/** The entries of a tree with their digests, for {@link combine}; throws as `digestTree` does. */
export async function digestEntries(
  tree: Tree,
  options: TreeOptions = {},
): Promise<DigestedEntry[]> {
  checkPrefix(options.prefix);
  const entries = await listTree(tree, options);
  const digested = entries.map((entry) => ({ entry, digest: "" }));
  const small: DigestedEntry[] = [];
  const large: DigestedEntry[] = [];
  for (const each of digested) {
    if (each.entry.kind === "symlink" || each.entry.size <= smallFile) small.push(each);
    else large.push(each);
  }
  await digestSmall(small, options.signal);
  await digestSideBySide(large, options.signal);
  return digested;
}

/** Sets the digests of small entries, one after the other as long as they are in memory. */
async function digestSmall(small: readonly DigestedEntry[], signal?: AbortSignal): Promise<void> {
  let warmth = new Warmth();
  const buffer = Buffer.allocUnsafe(digestRoom(smallFile));
  for (let next = 0; next < small.length;) {
    if (isTurnDue()) await yieldToEventLoop();
    signal?.throwIfAborted();
    const one = small[next];
    if (one && warmth.isLikely) {
      one.digest = warmth.measure(() => digestAtOnce(one.entry, buffer));
      next++;
    } else {
      await digestSideBySide(small.slice(next, (next += filesFromDisk)), signal);
      warmth = new Warmth();
    }
  }
}

async function digestSideBySide(
  some: readonly DigestedEntry[],
  signal?: AbortSignal,
): Promise<void> {
  await mapLimited(some, parallelFiles, async (one) => {
    // A large text of the program is read without waiting.
    if (isTurnDue()) await yieldToEventLoop();
    one.digest = await digestEntry(one.entry, signal);
  });
}

/** As {@link digestEntry}, without waiting. */
function digestAtOnce(entry: Entry, buffer: Buffer): string {
  if (entry.kind === "symlink") return entryHash(entry).digest("hex");
  return readDigested(entry, buffer).digest;
}

/** @throws ArtifactError if the file cannot be read or has changed since the walk. */
export async function digestEntry(entry: Entry, signal?: AbortSignal): Promise<string> {
  signal?.throwIfAborted();
  const hash = entryHash(entry);
  if (entry.kind !== "symlink") {
    for await (const chunk of readContent(entry)) {
      signal?.throwIfAborted();
      hash.update(chunk);
    }
  }
  return hash.digest("hex");
}

/** The digest of a tree from the digests of its entries, in the order of the walk. */
export async function combine(entries: readonly DigestedEntry[], prefix = ""): Promise<TreeDigest> {
  await yieldToEventLoop();
  const hash = createHash("sha256").update(lengthPrefixed("tree 1")).update(lengthPrefixed(prefix));
  addEntries(hash, entries);
  let bytes = 0;
  for (const { entry } of entries) {
    if (entry.kind !== "symlink") bytes += entry.size;
  }
  const projectFile = entries.find(({ entry }) => projectFileName.test(entry.name))?.entry.name;
  await yieldToEventLoop();
  return {
    digest: `sha256:${hash.digest("hex")}`,
    files: entries.length,
    bytes,
    summary: summarize(entries),
    ...(projectFile !== undefined && { projectFile }),
  };
}

/** Whether a prefix keeps the files inside the archive: empty, or `a/b` without `.` and `..`. */
export function isInnerFolder(prefix: string): boolean {
  return prefix === "" || prefix.split("/").every((part) => !["", ".", ".."].includes(part));
}

/** @throws ArtifactError if the prefix would put files outside the archive's root. */
export function checkPrefix(prefix = ""): void {
  if (!isInnerFolder(prefix)) {
    throw new ArtifactError(
      "files-cannot-ship",
      "",
      'cannot have that prefix in the archive: it must be a relative path such as dags, without "." and "..".',
    );
  }
}
