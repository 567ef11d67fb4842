import { resolve } from "node:path";
import { z } from "zod";
import { isInnerFolder } from "../../artifact/digest";
import type { FileMap, FileMapItem, Tree } from "../../artifact/fileMap";
import { joinPath } from "../../artifact/names";
import type { DeployInputs } from "./table";
import { kindOf } from "../text";
import { hasUnknown } from "./unknownValue";

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

/** What a program may ship: the path of a folder, or files by their names. */
export const fileSourceSchema = z.custom<string | FileMap>().superRefine((value, context) => {
  for (const { path, reason } of sourceProblems(value)) {
    context.addIssue({ code: "custom", path, message: reason });
  }
});

interface Problem {
  path: string[];
  reason: string;
}

function sourceProblems(value: unknown): Problem[] {
  if (typeof value === "string") return pathProblems(value, []);
  if (isMadeByProgram(value)) return [];
  return isObject(value)
    ? mapProblems(value, [])
    : problem([], value, "a folder's path, an archive or a map of files");
}

function mapProblems(files: object, path: string[]): Problem[] {
  const reason = refusalOf(files);
  if (reason !== undefined) return [{ path, reason }];
  return Object.entries(files).flatMap(([name, item]) => itemProblems(name, item, [...path, name]));
}

function itemProblems(name: string, item: unknown, path: string[]): Problem[] {
  const isFolder = isObject(item) && !("file" in item);
  if (!(name === "." && isFolder) && (name === "" || name.includes("\0") || !isInnerFolder(name))) {
    const reason =
      'is no name of a file: it must be a relative path such as lib/etl.py, without empty parts, "." and ".."';
    return [{ path, reason }];
  }
  if (typeof item === "string") return [];
  if (isObject(item)) {
    const reason = refusalOf(item);
    if (reason !== undefined) return [{ path, reason }];
    const [kind, ...others] = Object.keys(item);
    const value: unknown = Object.values(item)[0];
    if (others.length === 0) {
      if (kind === "files" && isObject(value)) return mapProblems(value, path);
      if ((kind === "file" || kind === "folder") && typeof value === "string") {
        return pathProblems(value, path);
      }
    }
  }
  return problem(path, item, "a text, an asset or an archive");
}

function problem(path: string[], value: unknown, allowed: string): Problem[] {
  const reason =
    value === null
      ? "is null: give it a value, or leave it out"
      : `must be ${allowed}, not ${kindOf(value)}`;
  return [{ path, reason }];
}

function pathProblems(value: string, path: string[]): Problem[] {
  return value === "" ? [{ path, reason: "is empty" }] : [];
}

/** Why the program's process has sent something else. */
function refusalOf(value: object): string | undefined {
  const { refused } = value as { refused?: unknown };
  return Array.isArray(refused) ? String(refused[0]) : undefined;
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
