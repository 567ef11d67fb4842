import { isUnfinished, type DiffResult } from "./diff";
import type { TreeInput } from "./sources/fileSource";
import type { DeployInputs } from "./inputs/table";
import { unknownValue } from "./inputs/unknownValue";
import type { DeployOutputs } from "./outputs";

type Files = Readonly<Record<string, string>>;

/** Of each kind of change, no more names than these are listed. */
const maxNames = 5;

/**
 * What the engine's own display of a diff does not say: which files changed, and why it replaces.
 *
 * @param modeOnly - The files of which only the executable bit changed.
 */
export function summarizeDiff(
  olds: Partial<DeployOutputs>,
  news: DeployInputs,
  { replaces }: DiffResult,
  modeOnly: Partial<Record<TreeInput, readonly string[]>> = {},
): string[] {
  const { status, progress, supersededBy } = olds;
  const replaced = (reason: string) => `${reason}; will be replaced by a new deploy`;
  const lines = [
    fileChanges("dags", olds.dagsFiles, news.dagsFiles, modeOnly.dags),
    fileChanges("bundle", olds.bundleFiles, news.bundleFiles, modeOnly.bundle),
    replaces.includes("status") && replaced(`the deploy is ${status ?? "without a status"}`),
    replaces.includes("progress") &&
      replaced(`the deploy was abandoned, since ${progress?.abandoned ?? ""}`),
    replaces.includes("supersededBy") &&
      replaced(`superseded by deploy ${supersededBy?.deployId ?? ""}`),
    replaces.length === 0 && isUnfinished(olds, news) && "the deploy is unfinished; will resume",
  ];
  return lines.filter((line) => typeof line === "string");
}

/**
 * Says in a line which files of a source changed, by the digests that the old and the new inputs
 * hold of them: `dags changed: a.py, b.py and 3 more; added: c.py`.
 *
 * @returns undefined if nothing changed, or nothing is known of one side.
 */
export function fileChanges(
  property: string,
  olds: Files | undefined,
  news: unknown,
  modeOnly: readonly string[] = [],
): string | undefined {
  if (olds === undefined || !isFiles(news)) return undefined;
  const unknown = Object.keys(news).filter((name) => news[name] === unknownValue);
  // Of what is not known yet, also what it would contain.
  const isKnown = (name: string) =>
    !unknown.some((other) => name === other || name.startsWith(`${other}/`));
  const names = Object.keys(news).filter(isKnown);
  const added = names.filter((name) => !Object.hasOwn(olds, name));
  const removed = Object.keys(olds).filter((name) => isKnown(name) && !Object.hasOwn(news, name));
  // A name in another Unicode form looks like the same name twice.
  const respelt = added.filter((name) => removed.some((old) => isSameText(old, name)));
  const isRespelt = (name: string) => respelt.some((other) => isSameText(other, name));
  const changed = names.filter((name) => Object.hasOwn(olds, name) && olds[name] !== news[name]);
  const kinds = {
    changed: changed.filter((name) => !modeOnly.includes(name)),
    "executable bit changed": changed.filter((name) => modeOnly.includes(name)),
    added: added.filter((name) => !isRespelt(name)),
    removed: removed.filter((name) => !isRespelt(name)),
    "renamed to another Unicode form": respelt,
    "not known yet": unknown,
  };
  const parts = Object.entries(kinds)
    .filter(([, names]) => names.length > 0)
    .map(([kind, names]) => `${kind}: ${list(names)}`);
  return parts.length === 0 ? undefined : `${property} ${parts.join("; ")}`;
}

function isSameText(one: string, other: string): boolean {
  return one.normalize() === other.normalize();
}

/** Whether it is the digests of a source's files, and not unknown or absent. */
export function isFiles(value: unknown): value is Files {
  return typeof value === "object" && value !== null;
}

function inOneLine(name: string): string {
  return /\p{Cc}/u.test(name) ? JSON.stringify(name) : name;
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, maxNames).map(inOneLine).join(", ");
  const more = names.length - maxNames;
  return more > 0 ? `${shown} and ${more} more` : shown;
}
