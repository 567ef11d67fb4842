import { realpathSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ArtifactError, unreachable } from "./error";
import { compareUtf8, joinPath } from "./names";
import {
  excluder,
  walk,
  walkUnless,
  type Entry,
  type Excluder,
  type FileEntry,
  type TextEntry,
  type WalkOptions,
} from "./walk";

/** A file, by its text or by where it is; or a folder, by where it is or by its own files. */
export type FileMapItem = string | { file: string } | { folder: string } | { files: FileMap };

/** Files by their names, which may have folders in them. A folder may be the whole: `.`. */
// eslint-disable-next-line @typescript-eslint/consistent-indexed-object-style -- it is recursive
export interface FileMap {
  [name: string]: FileMapItem;
}

/** What ships: a folder, by its path, or a map of files. */
export type Tree = string | FileMap;

/** Lists what a tree ships: see {@link walk}. */
export function listTree(tree: Tree, options?: WalkOptions): Promise<Entry[]> {
  return typeof tree === "string" ? walk(tree, options) : listFiles(tree, options);
}

/** Reads a text of a tree; undefined if there is none of that name, or it cannot be read. */
export async function readTextOf(
  tree: Tree,
  name: string,
  options?: WalkOptions,
): Promise<string | undefined> {
  try {
    if (typeof tree === "string") return await readFile(join(tree, name), "utf8");
    const entry = (await listTree(tree, options)).find((entry) => entry.name === name);
    if (entry?.kind === "text") return entry.content.toString();
    return entry && (await readFile(entry.path, "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * Lists what a map of files ships: the same as `walk` lists of a folder that has these files. Of
 * the texts there is no time, and none may be executed.
 *
 * @throws ArtifactError as `walk` does, and if two items have one name, or one is inside the other.
 */
async function listFiles(map: FileMap, options: WalkOptions = {}): Promise<Entry[]> {
  const listed = new Map<string, Entry>();
  const isExcluded = excluder(options.exclude ?? []);
  for await (const entry of entriesOf(map, "", isExcluded, options.signal)) {
    if (listed.has(entry.name)) {
      throw new ArtifactError(
        "files-cannot-ship",
        entry.name,
        "is there twice. Remove or rename one of the two.",
      );
    }
    listed.set(entry.name, entry);
  }
  for (const name of listed.keys()) {
    const file = foldersOf(name).find((folder) => listed.has(folder));
    if (file !== undefined) {
      throw new ArtifactError(
        "files-cannot-ship",
        name,
        `is inside of ${file}, which is a file. Rename one of the two.`,
      );
    }
  }
  return [...listed.values()].sort((a, b) => compareUtf8(a.name, b.name));
}

async function* entriesOf(
  map: FileMap,
  base: string,
  isExcluded: Excluder,
  signal: AbortSignal | undefined,
): AsyncGenerator<Entry, void> {
  for (const [relative, item] of Object.entries(map)) {
    const name = relative === "." ? base : joinPath(base, relative);
    const isFolder = typeof item === "object" && !("file" in item);
    const isLeftOut = (name: string, isFolder: boolean) =>
      name !== "" && isExcluded(name, isFolder);
    if (isLeftOut(name, isFolder) || foldersOf(name).some((folder) => isLeftOut(folder, true)))
      continue;
    if (typeof item === "string") yield textEntry(name, item);
    else if ("file" in item) yield fileEntry(name, item.file);
    else if ("files" in item) yield* entriesOf(item.files, name, isExcluded, signal);
    else yield* await walkBelow(name, item.folder, isExcluded, signal);
  }
}

/** `a/b/c` is in `a` and in `a/b`. */
function foldersOf(name: string): string[] {
  const parts = name.split("/");
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join("/"));
}

function textEntry(name: string, text: string): TextEntry {
  const content = Buffer.from(text);
  return { kind: "text", name, content, size: content.length, executable: false, mtimeMs: 0 };
}

/** A link is followed: the program names the file by it, and what ships is the file. */
function fileEntry(name: string, file: string): FileEntry {
  try {
    const path = realpathSync(file);
    const stats = statSync(path);
    if (!stats.isFile())
      throw new ArtifactError("files-not-found", name, "is not a file. Name a file.");
    const { size, mode, mtimeMs } = stats;
    return { kind: "file", name, path, size, executable: (mode & 0o100) !== 0, mtimeMs };
  } catch (error) {
    throw unreachable(name, error);
  }
}

async function walkBelow(
  base: string,
  folder: string,
  isExcluded: Excluder,
  signal: AbortSignal | undefined,
): Promise<Entry[]> {
  const nameOf = (name: string) => joinPath(base, name);
  try {
    const entries = await walkUnless(
      folder,
      (name, isFolder) => isExcluded(nameOf(name), isFolder),
      signal,
    );
    return entries.map((entry) => ({ ...entry, name: nameOf(entry.name) }));
  } catch (error) {
    if (!(error instanceof ArtifactError)) throw error;
    throw new ArtifactError(error.messageCode, nameOf(error.path), error.reason);
  }
}
