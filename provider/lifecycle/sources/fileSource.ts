import { resolve } from "node:path";
import type { FileMap, FileMapItem, Tree } from "../../artifact/fileMap";
import { joinPath } from "../../artifact/names";
import type { DeployInputs } from "../inputs/table";
import { hasUnknown } from "../inputs/unknownValue";

/**
 * In the place of files that the program makes, in the inputs that `check` has completed: the files
 * themselves stay in this process, since the state is not to hold their texts.
 */
export const madeByProgram = { generated: true } as const;

/** The inputs that take files. */
export const treeInputs = ["dags", "bundle"] as const;
export type TreeInput = (typeof treeInputs)[number];

export function isMadeByProgram(value: unknown): value is typeof madeByProgram {
  return (value as Partial<typeof madeByProgram> | undefined)?.generated === true;
}

/** Takes the files that the program makes out of the inputs. */
export function withoutTexts(args: Readonly<Record<string, unknown>>): {
  checked: DeployInputs;
  files: Partial<Record<TreeInput, FileMap>>;
} {
  const made = treeInputs.filter((name) => isObject(args[name]) && !isMadeByProgram(args[name]));
  const files = Object.fromEntries(made.map((name) => [name, args[name]]));
  const marks = Object.fromEntries(made.map((name) => [name, madeByProgram]));
  return { checked: { ...args, ...marks } as unknown as DeployInputs, files };
}

/** Whether it has items, and is not unknown as a whole. */
function isFolderOfItems(item: FileMapItem): item is { files: FileMap } {
  return typeof item === "object" && "files" in item && isObject(item.files);
}

/** Whether it is an object, and no list. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The same source with absolute paths, as far as they are known. */
export function locate(source: Tree, start: string): Tree {
  if (typeof source === "string") return hasUnknown(source) ? source : resolve(start, source);
  return locateItems(source, start);
}

function locateItems(files: FileMap, start: string): FileMap {
  const items = Object.entries(files).map(([name, item]): [string, FileMapItem] => {
    if (isFolderOfItems(item)) return [name, { files: locateItems(item.files, start) }];
    if (typeof item === "string" || hasUnknown(item) || "files" in item) return [name, item];
    if ("file" in item) return [name, { file: resolve(start, item.file) }];
    return [name, { folder: resolve(start, item.folder) }];
  });
  return Object.fromEntries(items);
}

/** What is known of a source, and the names of its files and folders that are not known yet. */
export function partKnown(source: Tree): { known: Tree | undefined; unknown: string[] } {
  if (typeof source !== "string") return partItems(source, "");
  return { known: hasUnknown(source) ? undefined : source, unknown: [] };
}

function partItems(files: FileMap, base: string): { known: FileMap; unknown: string[] } {
  const known: [string, FileMapItem][] = [];
  const unknown: string[] = [];
  for (const [name, item] of Object.entries(files)) {
    const whole = name === "." ? base : joinPath(base, name);
    if (!hasUnknown(item)) known.push([name, item]);
    else if (isFolderOfItems(item)) {
      const parted = partItems(item.files, whole);
      known.push([name, { files: parted.known }]);
      unknown.push(...parted.unknown);
    } else unknown.push(whole);
  }
  return { known: Object.fromEntries(known), unknown };
}
