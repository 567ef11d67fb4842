import type { DiffResult } from "../../lifecycle/diff";
import { isFiles } from "../../lifecycle/diffSummary";
import {
  inputsThat,
  inputTable,
  type DeployInputs,
  type InputName,
} from "../../lifecycle/inputs/table";

/** A property that changes, for the engine's display. */
export interface PropertyChange {
  /** `description`, or `dagsFiles["etl.py"]`. */
  path: string;
  kind: "add" | "delete" | "update";
  /** Whether it makes another deploy necessary. */
  replaces: boolean;
  /** Whether the inputs are compared; otherwise the outputs. */
  isInput: boolean;
}

type Values = Readonly<Record<string, unknown>>;

/** Of a source: what its digest is made of. */
const partsOf: Partial<Record<string, { files: InputName; settings: readonly InputName[] }>> = {
  dagsDigest: { files: "dagsFiles", settings: ["dagsBaseDir", "exclude"] },
  bundleDigest: { files: "bundleFiles", settings: ["exclude"] },
};

/** Inputs that only the state has to learn. */
const kept = inputsThat((facts) => facts.kept);

/**
 * What changes, property by property, and of a source file by file.
 *
 * @param olds - The inputs in the state.
 */
export function detailedDiff(
  olds: Values,
  news: DeployInputs,
  { changes, replaces }: DiffResult,
): PropertyChange[] {
  const values = news as unknown as Values;
  const change = (name: string, replaces: boolean): PropertyChange[] =>
    same(olds[name], values[name])
      ? []
      : [{ path: name, kind: changeKind(olds[name], values[name]), replaces, isInput: true }];

  const found = replaces.flatMap((name): PropertyChange[] => {
    // An output for whose sake the deploy is replaced.
    if (!Object.hasOwn(inputTable, name)) {
      return [{ path: name, kind: "update", replaces: true, isInput: false }];
    }
    const parts = partsOf[name];
    const details = parts
      ? [
          ...fileChanges(parts.files, olds[parts.files], values[parts.files]),
          ...parts.settings.flatMap((setting) => change(setting, true)),
        ]
      : change(name, true);
    if (details.length > 0) return details;
    return [{ path: name, kind: "update", replaces: true, isInput: true }];
  });
  if (!changes) return [];
  const others = kept.flatMap((name) => change(name, false));
  if (found.length > 0 || others.length > 0) return [...found, ...others];
  // It is merely unfinished.
  return [{ path: "status", kind: "update", replaces: false, isInput: false }];
}

function fileChanges(property: string, olds: unknown, news: unknown): PropertyChange[] {
  if (!isFiles(olds) || !isFiles(news)) return [];
  return [...new Set([...Object.keys(olds), ...Object.keys(news)])]
    .filter((name) => olds[name] !== news[name])
    .map((name) => ({
      path: `${property}["${name.replaceAll('"', '\\"')}"]`,
      kind: changeKind(olds[name], news[name]),
      replaces: true,
      isInput: true,
    }));
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}

function changeKind(old: unknown, next: unknown): PropertyChange["kind"] {
  if ((old ?? null) === null) return "add";
  return (next ?? null) === null ? "delete" : "update";
}
