import { createHash } from "node:crypto";
import { addEntries, type DigestedEntry } from "./entryDigest";

/** More keys would not make a preview clearer. */
export const maxSummaryKeys = 200;

/**
 * A short digest of each file, by its name: the first 12 hex digits.
 *
 * If there are more than {@link maxSummaryKeys} files, each folder at the deepest level becomes one
 * key (`team_a/`), then those at the next level, until the keys are few enough; in the end the
 * whole tree is one key, `./`. All folders of a level are treated the same, so that the keys stay
 * stable when files are added or removed.
 */
export function summarize(entries: readonly DigestedEntry[]): Record<string, string> {
  // Not by assignment: a file may be called __proto__.
  return Object.fromEntries(
    [...group(entries)].map(([key, members]) => [key, digestOfKey(key, members)]),
  );
}

type Groups = Map<string, DigestedEntry[]>;

/** The entries by their key. */
function group(entries: readonly DigestedEntry[]): Groups {
  if (entries.length <= maxSummaryKeys) return groupAt(entries, Infinity);
  let groups: Groups = new Map([["./", [...entries]]]);
  // Each level has at least as many keys as the one above it, and the last has one for each file.
  for (let depth = 0; ; depth++) {
    const deeper = groupAt(entries, depth);
    if (deeper.size > maxSummaryKeys) return groups;
    groups = deeper;
  }
}

/** The entries by their key; each folder below the given depth is one key. */
function groupAt(entries: readonly DigestedEntry[], depth: number): Groups {
  const groups: Groups = new Map();
  for (const one of entries) {
    const key = keyAt(one.entry.name, depth);
    const members = groups.get(key);
    if (members) members.push(one);
    else groups.set(key, [one]);
    // Too many already: the rest makes no difference.
    if (groups.size > maxSummaryKeys) break;
  }
  return groups;
}

function keyAt(name: string, depth: number): string {
  let end = 0;
  for (let level = 0; level <= depth; level++) {
    const slash = name.indexOf("/", end);
    if (slash === -1) return name;
    end = slash + 1;
  }
  return name.slice(0, end);
}

function digestOfKey(key: string, members: readonly DigestedEntry[]): string {
  const [only] = members;
  if (only?.entry.name === key) return shortDigest(only.digest);
  return shortDigest(addEntries(createHash("sha256"), members).digest("hex"));
}

/** The first 12 of a digest's hex digits. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 12);
}
