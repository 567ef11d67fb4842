import { isObject } from "./fileSource";

/** What an asset or an archive holds; nothing of it for a remote one. */
export type FileValue =
  | { kind: "asset"; text?: unknown; path?: unknown }
  | { kind: "archive"; path?: unknown; assets?: unknown };

/** How a host of the provider has files. */
export interface FileReader {
  /** Undefined for any other value. */
  read: (value: unknown) => FileValue | undefined;
  /** Converts a value, once it is there if it comes later. */
  whenKnown: (value: unknown, convert: (value: unknown) => unknown) => unknown;
}

/**
 * Makes of a source what `check` takes: plain values in place of assets and archives, each of which is
 * unknown or secret by itself. Each host makes the same of the same files, so that their digests are
 * the same.
 */
export function plainSource({ read, whenKnown }: FileReader, source: unknown): unknown {
  const items = (files: unknown): unknown =>
    whenKnown(files, (known) =>
      isObject(known)
        ? Object.fromEntries(Object.entries(known).map(([name, value]) => [name, item(value)]))
        : known,
    );
  const item = (value: unknown): unknown =>
    whenKnown(value, (known) => {
      // The SDK would leave it out, and the deploy would remove the file without a word.
      if (known === undefined) return refused("is undefined: give it a value, or leave it out");
      const file = read(known);
      if (file === undefined) return known;
      const { path } = file;
      if (file.kind === "asset") return file.text ?? (path ? { file: path } : remote);
      if (path) return { folder: path };
      return file.assets === undefined ? remote : { files: items(file.assets) };
    });
  return whenKnown(source, (known) => {
    const file = read(known);
    if (file === undefined) return items(known);
    if (file.kind === "asset") return assetAsFolder;
    return file.path ?? (file.assets === undefined ? remote : items(file.assets));
  });
}

/** In the place of what does not ship. In a list, which no file is: there may be one of that name. */
function refused(reason: string): object {
  return { refused: [reason] };
}

const assetAsFolder = refused('is an asset: name the file that it is, as in { "etl.py": asset }');

const remote = refused(
  "is a remote asset or archive, which does not ship: download it, and name the file or the folder",
);
