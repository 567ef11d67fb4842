import { deployFields, type Deploy, type SupersedingDeploy } from "../astro/types";
import { storedFingerprint, type Fingerprint } from "./inputs/fingerprint";
import { inputsThat, isManaged, type DeployInputs, type OutputInput } from "./inputs/table";
import { unknownValue } from "./inputs/unknownValue";

/** How far this package has taken a deploy that it ships something for. */
export interface Progress {
  /** Version that the blob store gave the DAGs. */
  dagTarballVersion?: string;
  /** Version that the blob store gave the bundle. */
  bundleTarballVersion?: string;
  /** Digest of the manifest that the registry has under the deploy's tag. */
  imageDigest?: string;
  /** `sent` while it is not known whether the service has processed it. */
  finalize?: "sent" | "done";
  /** Set until the Deployment was seen healthy, if the program waits for that. */
  health?: "awaited";
  /** Why this deploy can never be finished; another is needed. */
  abandoned?: string;
}

/** A deploy that the service has created, and how far it has come. */
export interface DeployRecord {
  deploy: Deploy;
  progress: Progress;
  /** What was deployed in its place from outside of the program, as far as is known. */
  supersededBy?: SupersedingDeploy | undefined;
  /** The Deployment's, as of the read that precedes the deploy. */
  webServerUrl?: string | undefined;
}

/**
 * The outputs as they stand in the state: the inputs, over them what the service says, and what is
 * needed to go on. The inputs are there since the engine's display compares them with the next ones.
 */
export interface DeployOutputs
  extends Omit<DeployInputs, keyof Deploy>, Omit<Deploy, "id">, Omit<DeployRecord, "deploy"> {
  fingerprint: Fingerprint;
  /** Of the image as the registry has it. */
  imageDigest?: string;
}

/** What the program sees of the outputs. The resource's id is the deploy's. */
export type OutputName =
  Exclude<keyof Deploy, "id"> | OutputInput | "imageDigest" | "supersededBy" | "webServerUrl";

export const outputNames: readonly OutputName[] = [
  ...new Set([
    ...(inputsThat((facts) => facts.output) as OutputInput[]),
    ...deployFields.filter((name) => name !== "id"),
    "imageDigest" as const,
    "supersededBy" as const,
    "webServerUrl" as const,
  ]),
];

/**
 * What is absent is said to be so: an output that is missing from the state is unknown in every
 * preview, and so is all that a program makes of it. Not of the upload URLs, which are secrets.
 */
const absent = Object.fromEntries(
  outputNames.filter((name) => !name.endsWith("UploadUrl")).map((name) => [name, null]),
);

/** Makes the outputs. The one place that does, so that nothing but plain JSON reaches the engine. */
export function toOutputs(
  inputs: DeployInputs,
  { deploy, progress, supersededBy, webServerUrl }: DeployRecord,
): DeployOutputs {
  const { imageDigest } = progress;
  return withNulls({
    ...inputs,
    ...deployOutputs(inputs, deploy),
    ...(imageDigest !== undefined && { imageDigest }),
    supersededBy,
    webServerUrl,
    progress,
    fingerprint: storedFingerprint(inputs),
  });
}

/** What a preview knows of the outputs of a deploy that is about to be made. */
export function plannedOutputs(inputs: DeployInputs): Record<string, unknown> {
  const open = outputNames.filter((name) => !(name in inputs));
  return { ...inputs, ...Object.fromEntries(open.map((name) => [name, unknownValue])) };
}

/** Puts the service's present view of the deploy into the outputs, and leaves the rest. */
export function refreshOutputs(
  olds: Partial<DeployOutputs> & { organizationId: string },
  { deploy, supersededBy }: Pick<DeployRecord, "deploy" | "supersededBy">,
): DeployOutputs {
  return withNulls({
    progress: {},
    fingerprint: {},
    ...olds,
    ...deployOutputs(olds, deploy),
    supersededBy,
  });
}

/**
 * The deploy as the outputs have it.
 *
 * Without its id: the SDK drops an output called so, and the resource's own id is the deploy's.
 * Without the upload URLs if this package does the upload: the engine writes every output in the
 * clear to its most verbose log, secret or not. If the program does the upload, the first URLs
 * stay, since URLs that are signed again at every read would show as a change at every refresh.
 */
function deployOutputs(
  known: Parameters<typeof isManaged>[0] & Partial<UploadUrls>,
  deploy: Deploy,
): Omit<Deploy, "id"> {
  // What an answer has as undefined is not to hide an input.
  const { id: _, ...rest } = withoutUndefined(deploy);
  const keep = !isManaged(known);
  return {
    ...rest,
    // Unlike the other inputs, every answer tells it, and it can be emptied.
    description: deploy.description,
    dagsUploadUrl: keep ? (known.dagsUploadUrl ?? deploy.dagsUploadUrl) : undefined,
    bundleUploadUrl: keep ? (known.bundleUploadUrl ?? deploy.bundleUploadUrl) : undefined,
  };
}

type UploadUrls = Pick<Deploy, "dagsUploadUrl" | "bundleUploadUrl">;

function withNulls(outputs: DeployOutputs): DeployOutputs {
  return { ...absent, ...withoutUndefined(outputs) };
}

/** Drops what is undefined: the host cannot send it, and fails after the deploy was made. */
function withoutUndefined<T>(value: T): T {
  const { __provider, ...rest } = JSON.parse(JSON.stringify(value)) as T & { __provider?: unknown };
  return rest as T;
}
