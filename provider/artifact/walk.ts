import ignore from "ignore";
import { isUtf8 } from "node:buffer";
import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { ArtifactError, unreachable, unreadable } from "./error";
import { isTurnDue, yieldToEventLoop } from "../system/eventLoop";
import { linkProblem } from "./links";
import { compareUtf8, joinPath } from "./names";
import { mapLimited } from "../system/parallel";

/** A regular file of a tree. */
export interface FileEntry {
  kind: "file";
  /** Relative to the root, with forward slashes on every system. */
  name: string;
  /** Its path on this machine. */
  path: string;
  /** In bytes. */
  size: number;
  /** Whether its owner may execute it: the only mode bit that Git keeps, and that ships. */
  executable: boolean;
  /** When it was last written, in milliseconds since 1970. */
  mtimeMs: number;
}

/** A symbolic link of a tree. It ships as a link and is not followed. */
export interface SymlinkEntry {
  kind: "symlink";
  name: string;
  path: string;
  /** As the link contains it: relative to the link's folder. */
  target: string;
  /** When it was created, in milliseconds since 1970. */
  mtimeMs: number;
}

/** A file that a program has made, and that is on no disk. */
export interface TextEntry extends Omit<FileEntry, "kind" | "path"> {
  kind: "text";
  content: Buffer;
}

/** What is on the disk. */
export type DiskEntry = FileEntry | SymlinkEntry;

export type Entry = DiskEntry | TextEntry;

export interface WalkOptions {
  /** Patterns as in a `.gitignore` at the root, case-sensitive. Default none. */
  exclude?: readonly string[];
  /** Ends the walk, and what is done with its result. Default never. */
  signal?: AbortSignal;
}

/** Enough to keep the disk busy; Node.js runs four file system calls at a time by default. */
const parallelFolders = 32;

/**
 * Lists what of a folder ships: regular files and symbolic links, no folders, as in the `astro`
 * CLI's archive. They are sorted by the UTF-8 bytes of their names, whatever the locale and the file
 * system.
 *
 * `.git` at any depth, and what `exclude` matches, is left out and not examined. No ignore file is
 * applied: `.airflowignore` ships, and Airflow applies it.
 *
 * A link to nothing, or in a cycle, ships as it is, as with the `astro` CLI. A link that leaves
 * the root does not ship.
 *
 * @param root - A folder, or a link to one; relative to the working directory.
 * @throws ArtifactError if the root is not a readable folder, and for what cannot ship: links that
 *   leave the root or have an absolute target, sockets, pipes, devices, names that are not UTF-8.
 */
export function walk(
  root: string,
  { exclude = [], signal }: WalkOptions = {},
): Promise<DiskEntry[]> {
  return walkUnless(root, excluder(exclude), signal);
}

/** As {@link walk}, with another rule for what is left out. */
export async function walkUnless(
  root: string,
  isExcluded: Excluder,
  signal?: AbortSignal,
): Promise<DiskEntry[]> {
  const base = await findRoot(root);
  const entries: DiskEntry[] = [];

  // Level by level, so that one limit holds for all calls and the depth costs no stack.
  for (let folders = [""]; folders.length > 0;) {
    const names = await mapLimited(folders, parallelFolders, (folder) =>
      list(base, folder, isExcluded),
    );
    folders = [];
    for (const name of names.flat()) {
      signal?.throwIfAborted();
      if (isTurnDue()) await yieldToEventLoop();
      const found = inspect(base, name, isExcluded);
      if (typeof found === "string") folders.push(found);
      else if (found) entries.push(found);
    }
  }
  return entries.sort((a, b) => compareUtf8(a.name, b.name));
}

async function findRoot(root: string): Promise<string> {
  if (root === "") throw new ArtifactError("files-not-found", "", "has an empty path.");
  const base = resolve(root);
  let stats: Stats;
  try {
    stats = await stat(base);
  } catch (error) {
    throw unreachable("", error);
  }
  if (!stats.isDirectory()) {
    throw new ArtifactError(
      "files-not-found",
      "",
      "is not a directory. Name the folder that contains the files.",
    );
  }
  return base;
}

export type Excluder = (name: string, isFolder: boolean) => boolean;

/** Decides whether a name, relative to the root, is left out. */
export function excluder(patterns: readonly string[]): Excluder {
  const isGit = (name: string) => name === ".git" || name.endsWith("/.git");
  if (patterns.length === 0) return isGit;
  const rules = ignore({ ignorecase: false }).add(patterns);
  return (name, isFolder) => isGit(name) || rules.ignores(isFolder ? `${name}/` : name);
}

/** The names in a folder, relative to the root. */
async function list(base: string, folder: string, isExcluded: Excluder): Promise<string[]> {
  const found = await readdir(joinPath(base, folder), "buffer").catch((error: unknown) => {
    throw unreadable(folder, error);
  });
  const names: string[] = [];
  for (const bytes of found) {
    const name = joinPath(folder, bytes.toString("utf8"));
    if (isUtf8(bytes)) names.push(name);
    else if (!isExcluded(name, false) && !isExcluded(name, true)) {
      throw new ArtifactError(
        "files-cannot-ship",
        name,
        "has a name that is not valid UTF-8. Rename it, or exclude it.",
      );
    }
  }
  // So that the sort of all of them finds long sorted runs, and is short.
  return names.sort(compareUtf8);
}

/**
 * Returns an entry, the name of a folder still to be listed, or undefined if it is excluded.
 * Synchronous: the listing has just brought its data into memory, and a round trip to another
 * thread takes far longer.
 */
function inspect(base: string, name: string, isExcluded: Excluder): DiskEntry | string | undefined {
  const path = joinPath(base, name);
  const stats = orUnreadable(name, () => lstatSync(path));
  if (isExcluded(name, stats.isDirectory())) return undefined;
  if (stats.isDirectory()) return name;
  if (stats.isFile()) {
    const executable = (stats.mode & 0o100) !== 0;
    return { kind: "file", name, path, size: stats.size, executable, mtimeMs: stats.mtimeMs };
  }
  if (stats.isSymbolicLink()) return inspectLink(base, name, stats);
  throw new ArtifactError(
    "files-cannot-ship",
    name,
    `is ${nounFor(stats)}: only files, folders and symbolic links can ship. Remove it, or exclude it.`,
  );
}

function inspectLink(base: string, name: string, { mtimeMs }: Stats): SymlinkEntry {
  const path = joinPath(base, name);
  const bytes = orUnreadable(name, () => readlinkSync(path, "buffer"));
  const target = bytes.toString("utf8");
  const problem = isUtf8(bytes)
    ? linkProblem(base, name, target)
    : "points to a name that is not valid UTF-8";
  if (problem !== undefined) {
    throw new ArtifactError(
      "files-cannot-ship",
      name,
      `${problem}. Make it point inside the folder, or exclude it.`,
    );
  }
  return { kind: "symlink", name, path, target, mtimeMs };
}

function orUnreadable<T>(name: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw unreadable(name, error);
  }
}

function nounFor(stats: Stats): string {
  if (stats.isSocket()) return "a socket";
  if (stats.isFIFO()) return "a named pipe";
  return "a device";
}
