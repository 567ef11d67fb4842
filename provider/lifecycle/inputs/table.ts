import type { CreateDeployRequest } from "../../astro/requests";
import type { DeployType } from "../../astro/types";
import type { Args } from "./args";
import type { madeByProgram } from "../sources/fileSource";

/** All that is known of an input. What is not said is false. */
interface InputFacts {
  /**
   * Describes the deploy, so that a change of it replaces the resource: always, or only while no
   * rollback is set, since a rollback ships nothing. A source itself does not: its digest does.
   */
  describes?: "always" | "unless rolled back";
  /** Gives `create` something to do beside the request. */
  source?: true;
  /** Computed by `check`; what a program passes by this name is ignored. */
  computed?: true;
  /** What `read` and `delete` go by. A change of it alone is an update of the state. */
  kept?: true;
  /** Also an output of the resource. */
  output?: true;
  /** The types that take it. Default all. */
  types?: readonly DeployType[];
  /** It has no effect without one of these. */
  requiresOneOf?: readonly ProgramInput[];
}

/** What `check` adds to what the program passes. */
interface ComputedInputs {
  /** Digest of what `dags` would ship. */
  dagsDigest?: string;
  /** Digest by file, for the preview: what changed? */
  dagsFiles?: Record<string, string>;
  /** Digest of what `bundle` would ship. */
  bundleDigest?: string;
  /** Digest by file, for the preview: what changed? */
  bundleFiles?: Record<string, string>;
  /** Digest of what `image` names. */
  imageSourceDigest?: string;
}

/** What a program may pass. */
export type ProgramInput = keyof Args;
export type InputName = ProgramInput | keyof ComputedInputs;

/** A part of the body of the request that creates the deploy. */
interface Sent {
  sent: true;
}

/** Those of the request's fields, and of no others, are sent. */
type InputTable = Record<keyof CreateDeployRequest, InputFacts & Sent> &
  Record<Exclude<InputName, keyof CreateDeployRequest>, InputFacts & { sent?: never }>;

type CheckedArgs = Omit<Args, "dags" | "bundle">;

/** The inputs of an AstroDeploy as plain values, after `check` has completed them. */
export interface DeployInputs extends CheckedArgs, ComputedInputs {
  dags?: string | typeof madeByProgram;
  bundle?: string | typeof madeByProgram;
}

/** Without any of these, only the create request is sent. */
const sourceInputs = ["dags", "bundle", "image", "rollbackTo"] as const;

/**
 * The one table of inputs: the request, the fingerprint, the rules and the outputs follow from it.
 *
 * A source is compared by what it ships and not by where it lies, so that the same folder in another
 * checkout is the same. `exclude` and `dagsBaseDir` are part of the digests.
 */
const table = {
  organizationId: { describes: "always", output: true },
  deploymentId: { describes: "always", output: true },
  description: { sent: true, describes: "always", output: true },
  rollbackTo: { describes: "always", source: true },
  type: { sent: true, describes: "unless rolled back", output: true },
  bundleType: { sent: true, describes: "unless rolled back", output: true, types: ["BUNDLE"] },
  bundleMountPath: { sent: true, describes: "unless rolled back", output: true, types: ["BUNDLE"] },
  git: { sent: true, describes: "unless rolled back", output: true },
  dags: { source: true, types: ["DAG_ONLY", "IMAGE_AND_DAG"] },
  dagsBaseDir: { requiresOneOf: ["dags"] },
  allowEmptyDags: { requiresOneOf: ["dags"] },
  checkSyntax: { requiresOneOf: ["dags"] },
  dagsDigest: { computed: true, describes: "unless rolled back", output: true },
  dagsFiles: { computed: true },
  bundle: { source: true, types: ["BUNDLE"] },
  bundleDigest: { computed: true, describes: "unless rolled back", output: true },
  bundleFiles: { computed: true },
  removeBundleOnDelete: { kept: true, types: ["BUNDLE"], requiresOneOf: ["bundle"] },
  image: { source: true, types: ["IMAGE_ONLY", "IMAGE_AND_DAG"] },
  imageSourceDigest: { computed: true, describes: "unless rolled back" },
  exclude: { requiresOneOf: ["dags", "bundle"] },
  redeployWhenSuperseded: { kept: true, requiresOneOf: sourceInputs },
  wait: {},
  waitFor: { requiresOneOf: sourceInputs },
  wakeUp: { requiresOneOf: sourceInputs },
  reportImportErrors: {
    types: ["DAG_ONLY", "IMAGE_ONLY", "IMAGE_AND_DAG"],
    requiresOneOf: ["dags", "image"],
  },
} as const satisfies InputTable;
export const inputTable: Readonly<InputTable> = table;

export type Table = typeof table;
/** The inputs that are outputs, too. */
export type OutputInput = {
  [Name in InputName]: Table[Name] extends { output: true } ? Name : never;
}[InputName];

/** The inputs of which a fact is true, in the table's order. */
export function inputsThat(is: (facts: InputFacts & Partial<Sent>) => unknown): InputName[] {
  return (Object.keys(inputTable) as InputName[]).filter((name) => is(inputTable[name]));
}

const sent = inputsThat((facts) => facts.sent);
const sources = inputsThat((facts) => facts.source);

/** The part of the inputs that is the body of the request. */
export function createRequest(inputs: DeployInputs): CreateDeployRequest {
  const body = sent.map((name) => [name, inputs[name]]).filter(([, value]) => value !== undefined);
  return Object.fromEntries(body) as CreateDeployRequest;
}

/**
 * Whether the resource takes the deploy to its end, because it ships something or rolls back.
 * Otherwise `create` only sends the create request, and the rest is left to the program.
 */
export function isManaged(inputs: Partial<Record<InputName, unknown>>): boolean {
  return sources.some((name) => inputs[name] !== undefined);
}
