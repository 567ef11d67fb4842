import { deploySchema, type Deploy } from "../astro/schemas";
import { fingerprint, type Fingerprint } from "./fingerprint";
import type { DeployInputs } from "./inputs";

/** How far this package has taken a deploy that it ships something for. */
export interface Progress {
  /** Version that the blob store gave the DAGs. */
  dagTarballVersion?: string;
  /** Version that the blob store gave the bundle. */
  bundleTarballVersion?: string;
  /** `sent` while it is not known whether the service has processed it. */
  finalize?: "sent" | "done";
  /** Why this deploy can never be finished; another is needed. */
  abandoned?: string;
}

/** A deploy that the service has created, and how far it has come. */
export interface DeployRecord {
  deploy: Deploy;
  progress: Progress;
}

/** The outputs as they stand in the state: what the service says, and what we need to go on. */
export interface DeployOutputs extends Omit<Deploy, "id"> {
  organizationId: string;
  dagsDigest?: string;
  bundleDigest?: string;
  progress: Progress;
  fingerprint: Fingerprint;
}

/** Makes the outputs. The one place that does, so that nothing but plain JSON reaches the engine. */
export function toOutputs(inputs: DeployInputs, { deploy, progress }: DeployRecord): DeployOutputs {
  return plain({
    ...withoutId(deploy),
    organizationId: inputs.organizationId,
    ...(inputs.dagsDigest !== undefined && { dagsDigest: inputs.dagsDigest }),
    ...(inputs.bundleDigest !== undefined && { bundleDigest: inputs.bundleDigest }),
    progress,
    fingerprint: fingerprint(inputs),
  });
}

/** The outputs with the service's present view of the deploy in them. */
export function refreshOutputs(olds: DeployOutputs, deploy: Deploy): DeployOutputs {
  return plain({
    ...olds,
    ...withoutId(deploy),
    // A URL signed anew at every read would show as a change at every refresh.
    dagsUploadUrl: olds.dagsUploadUrl ?? deploy.dagsUploadUrl,
    bundleUploadUrl: olds.bundleUploadUrl ?? deploy.bundleUploadUrl,
  });
}

/** Reads the outputs back, whatever release of this package wrote them. */
export function fromOutputs(id: string, outputs: Partial<DeployOutputs>): DeployRecord {
  return {
    deploy: deploySchema.parse({ ...outputs, id }),
    progress: outputs.progress ?? {},
  };
}

/** The outputs as an update that changes nothing returns them. */
export function sameOutputs(olds: DeployOutputs): DeployOutputs {
  return plain(olds);
}

/** `id` is a reserved name: the SDK drops an output called so. The resource's own id is the deploy's. */
function withoutId(deploy: Deploy): Omit<Deploy, "id"> {
  const { id: _id, ...rest } = deploy;
  return rest;
}

/** Drops what is undefined: the host cannot send it, and fails after the deploy was made. */
function plain<T>(value: T): T {
  const { __provider, ...rest } = JSON.parse(JSON.stringify(value)) as T & { __provider?: unknown };
  return rest as T;
}
