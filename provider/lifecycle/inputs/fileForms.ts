/**
 * The forms in which a source reaches `check`, made of what an asset or an archive holds. Each form of
 * the provider makes the same of the same files, so that their digests are the same.
 */

/** What a file is made of; in the program's process, promises too. */
export interface AssetFields {
  text?: unknown;
  path?: unknown;
}

/** As an item of a map of files. */
export function fileForm({ text, path }: AssetFields): unknown {
  return text ?? (path ? { file: path } : remote);
}

/** As an item of a map of files: a folder by its path, or files that were converted already. */
export function folderForm(path: unknown, files: unknown): unknown {
  if (path) return { folder: path };
  return files === undefined ? remote : { files };
}

/** In the place of what does not ship. In a list, which no file is: there may be one of that name. */
function refused(reason: string): object {
  return { refused: [reason] };
}

/** A file in the place of a folder. */
export const lonelyFile = refused(
  'is an asset: name the file that it is, as in { "etl.py": asset }',
);

export const remote = refused(
  "is a remote asset or archive, which does not ship: download it, and name the file or the folder",
);
