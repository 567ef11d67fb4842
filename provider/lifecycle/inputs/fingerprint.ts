import { createHash } from "node:crypto";
import type { GitRequest } from "../../astro/types";
import { isMadeByProgram, treeInputs, type TreeInput } from "../sources/fileSource";
import { inputsThat, inputTable, type DeployInputs, type InputName } from "./table";
import { hasUnknown, unknownValue } from "./unknownValue";

const describing = inputsThat((facts) => facts.describes);

/** Whether an input describes a rollback, too. */
export function countsInRollback(name: string): boolean {
  return inputTable[name as InputName].describes === "always";
}

/**
 * Short hashes of the describing inputs, by name.
 *
 * The engine gives `diff` the old outputs and not the old inputs, and the outputs hold what the
 * service says. This is the memory of what the program had said, without its values, so that an
 * input that is a secret does not stand in the state a second time in the clear.
 */
export type Fingerprint = Record<string, string>;

export function fingerprint(inputs: Partial<DeployInputs>): Fingerprint {
  const names = inputs.rollbackTo === undefined ? describing : describing.filter(countsInRollback);
  const hashes: Fingerprint = {};
  for (const name of names) {
    const value = inputs[name];
    if (value !== undefined) hashes[name] = hasUnknown(value) ? unknownValue : hash(value);
  }
  return hashes;
}

/**
 * The fingerprint as the state keeps it: without the digests of files that the program makes. These
 * may be secret, and are in the state as outputs, which are as secret as the files.
 */
export function storedFingerprint(inputs: Partial<DeployInputs>): Fingerprint {
  const apart: string[] = digestsOfMade(inputs);
  return Object.fromEntries(
    Object.entries(fingerprint(inputs)).filter(([name]) => !apart.includes(name)),
  );
}

/** The whole fingerprint of what the state keeps. */
export function readFingerprint(olds: Digested & { fingerprint?: Fingerprint }): Fingerprint {
  const apart = digestsOfMade(olds).map((name): [string, unknown] => [name, olds[name]]);
  const known = apart.filter(([, digest]) => digest !== undefined);
  return {
    ...Object.fromEntries(known.map(([name, digest]) => [name, hash(digest)])),
    ...olds.fingerprint,
  };
}

type Digested = Partial<Pick<DeployInputs, TreeInput | `${TreeInput}Digest`>>;

function digestsOfMade(inputs: Digested): `${TreeInput}Digest`[] {
  return treeInputs
    .filter((name) => isMadeByProgram(inputs[name]))
    .map((name) => `${name}Digest` as const);
}

/** The names of the inputs that differ, or that may differ since one is not known yet. */
export function changedInputs(olds: Fingerprint, inputs: Partial<DeployInputs>): string[] {
  const news = fingerprint(inputs);
  return describing.filter(
    (name) =>
      news[name] === unknownValue ||
      (olds[name] !== news[name] && !isSame(olds[name], news[name] && inputs[name])),
  );
}

/**
 * Whether a value may be what was hashed: a text that is empty is the same as none. What the state
 * has is written as every release did, so that none takes another's state for changed.
 */
function isSame(old: string | undefined, value: unknown): boolean {
  if (value === undefined || value === "") return old === undefined || old === hash("");
  return isGit(value) && old !== undefined && hashesOf(value).includes(old);
}

function isGit(value: unknown): value is GitRequest {
  return typeof value === "object" && value !== null;
}

/** The hashes of a commit with each choice of the fields that say nothing being empty or absent. */
function hashesOf(git: GitRequest): string[] {
  const said = Object.fromEntries(Object.entries(git).filter(([, value]) => value !== ""));
  return optionalTexts
    .filter((name) => said[name] === undefined)
    .reduce<object[]>((all, name) => all.flatMap((it) => [it, { ...it, [name]: "" }]), [said])
    .map(hash);
}

/** What of a commit may be empty. */
const optionalTexts = [
  "path",
  "authorName",
  "authorUrl",
  "authorUsername",
  "beforeCommitSha",
] as const satisfies readonly (keyof GitRequest)[];

function hash(value: unknown): string {
  // The order of an object's keys means nothing; `git`, the only object here, is flat.
  const keys = typeof value === "object" && value !== null ? Object.keys(value).sort() : null;
  return createHash("sha256").update(JSON.stringify(value, keys)).digest("hex").slice(0, 16);
}
