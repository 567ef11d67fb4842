import { deploySchema } from "../astro/responses";
import type { DeployOutputs, DeployRecord } from "./outputs";

/** The outputs of a state without what it says to be absent: as everything else knows them. */
export function withoutNulls<T extends object>(outputs: T): T {
  return Object.fromEntries(Object.entries(outputs).filter(([, value]) => value !== null)) as T;
}

/** Reads the outputs back, whatever release of this package wrote them. */
export function fromOutputs(id: string, outputs: Partial<DeployOutputs>): DeployRecord {
  const { progress = {}, supersededBy, webServerUrl } = outputs;
  return {
    deploy: deploySchema.parse({ ...outputs, id }),
    progress,
    supersededBy,
    webServerUrl,
  };
}
