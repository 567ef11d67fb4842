import { isUnfinished, type DiffResult } from "./diff";
import type { DeployInputs } from "./inputs/table";
import type { DeployOutputs } from "./outputs";

type Files = Readonly<Record<string, string>>;

/** So many names are told of each kind of change. */
const namesTold = 5;

/** What the engine's own display of a diff does not say: which files changed, and why it replaces. */
export function summarizeDiff(
  id: string,
  olds: Partial<DeployOutputs>,
  news: DeployInputs,
  { replaces }: DiffResult,
): string[] {
  const { status, progress, supersededBy } = olds;
  const because = (reason: string) => `${reason}; a fresh deploy is to replace it`;
  const told = [
    fileChanges("dags", olds.dagsFiles, news.dagsFiles),
    fileChanges("bundle", olds.bundleFiles, news.bundleFiles),
    replaces.includes("status") && because(`Astro reports ${status ?? "no status"}`),
    replaces.includes("progress") && because(`given up, since ${progress?.abandoned ?? ""}`),
    replaces.includes("supersededBy") &&
      because(`superseded by deploy ${supersededBy?.deployId ?? ""}`),
    replaces.length === 0 && isUnfinished(olds, news) && "not finished; goes on",
  ];
  return told.filter((line) => typeof line === "string").map((line) => `${id}: ${line}`);
}

/**
 * Says in a line which files of a source changed, by the digests that the old and the new inputs
 * hold of them: `dags: changed a.py, b.py and 3 more; added c.py`.
 *
 * @returns undefined where nothing changed, or nothing is known of one side.
 */
export function fileChanges(
  property: string,
  olds: Files | undefined,
  news: unknown,
): string | undefined {
  if (olds === undefined || !isFiles(news)) return undefined;
  const kinds = {
    changed: Object.keys(news).filter(
      (name) => Object.hasOwn(olds, name) && olds[name] !== news[name],
    ),
    added: Object.keys(news).filter((name) => !Object.hasOwn(olds, name)),
    removed: Object.keys(olds).filter((name) => !Object.hasOwn(news, name)),
  };
  const told = Object.entries(kinds)
    .filter(([, names]) => names.length > 0)
    .map(([kind, names]) => `${kind} ${list(names)}`);
  return told.length === 0 ? undefined : `${property}: ${told.join("; ")}`;
}

function isFiles(value: unknown): value is Files {
  return typeof value === "object" && value !== null;
}

function inOneLine(name: string): string {
  return /\p{Cc}/u.test(name) ? JSON.stringify(name) : name;
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, namesTold).map(inOneLine).join(", ");
  const more = names.length - namesTold;
  return more > 0 ? `${shown} and ${more} more` : shown;
}
