import { createHash } from "node:crypto";
import type { DeployInputs } from "./inputs";
import { hasUnknown, unknownValue } from "./unknown";

/**
 * The inputs that describe a deploy: a change of any of them asks for another deploy.
 *
 * A source is compared by what it ships, not by where it lies, so that the same folder in another
 * checkout is the same. `exclude` and `dagsBaseDir` are part of the digests.
 */
const describing = [
  "organizationId",
  "deploymentId",
  "description",
  "rollbackTo",
  "type",
  "bundleType",
  "bundleMountPath",
  "git",
  "dagsDigest",
  "bundleDigest",
  "imageSourceDigest",
] as const satisfies readonly (keyof DeployInputs)[];

/** A rollback ships nothing: what the program would ship is of no account until it is lifted. */
const describingRollback = new Set<keyof DeployInputs>([
  "organizationId",
  "deploymentId",
  "description",
  "rollbackTo",
]);

/**
 * Short hashes of the describing inputs, by name.
 *
 * The engine gives `diff` the old outputs and not the old inputs, and the outputs hold what the
 * service says. This is the memory of what the program had said, without its values, so that an
 * input that is a secret does not stand in the state a second time in the clear.
 */
export type Fingerprint = Record<string, string>;

export function fingerprint(inputs: Partial<DeployInputs>): Fingerprint {
  const names =
    inputs.rollbackTo === undefined
      ? describing
      : describing.filter((name) => describingRollback.has(name));
  const hashes: Fingerprint = {};
  for (const name of names) {
    const value = inputs[name];
    if (value !== undefined) hashes[name] = hasUnknown(value) ? unknownValue : hash(value);
  }
  return hashes;
}

/** The names of the inputs that differ, or that may differ since one is not known yet. */
export function changedInputs(olds: Fingerprint, news: Fingerprint): string[] {
  return describing.filter((name) => news[name] === unknownValue || olds[name] !== news[name]);
}

function hash(value: unknown): string {
  // The order of an object's keys means nothing; `git`, the only object here, is flat.
  const keys = typeof value === "object" && value !== null ? Object.keys(value).sort() : null;
  return createHash("sha256").update(JSON.stringify(value, keys)).digest("hex").slice(0, 16);
}
