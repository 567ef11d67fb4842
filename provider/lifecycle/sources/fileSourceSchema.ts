import * as z from "zod";
import { isInnerFolder } from "../../artifact/digest";
import type { FileMap } from "../../artifact/fileMap";
import { kindOf } from "../text";
import { isMadeByProgram, isObject } from "./fileSource";
import { unknownValue } from "../inputs/unknownValue";

/** What a program may ship: the path of a folder, or files by their names. */
export const fileSourceSchema = z.custom<string | FileMap>().superRefine((value, context) => {
  for (const { path, reason } of sourceProblems(value)) {
    context.addIssue({ code: "custom", path, message: reason });
  }
});

/** Of a file or folder, in Linux. */
const maxNameBytes = 255;

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
  const long = name.split("/").find((part) => Buffer.byteLength(part) > maxNameBytes);
  if (long !== undefined) {
    const reason = `has a part of ${Buffer.byteLength(long)} bytes; Linux takes at most ${maxNameBytes}`;
    return [{ path, reason }];
  }
  if (typeof item === "string") return [];
  if (isObject(item)) {
    const reason = refusalOf(item);
    if (reason !== undefined) return [{ path, reason }];
    const [kind, ...others] = Object.keys(item);
    const value: unknown = Object.values(item)[0];
    if (others.length === 0) {
      if (value === unknownValue && ["files", "file", "folder"].includes(kind ?? "")) return [];
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
  if (value === "") return [{ path, reason: "is empty" }];
  return value.includes("\0") ? [{ path, reason: "has a NUL character, which no path has" }] : [];
}

/** Why the program's process has sent something else. */
function refusalOf(value: object): string | undefined {
  const { refused } = value as { refused?: unknown };
  return Array.isArray(refused) ? String(refused[0]) : undefined;
}
