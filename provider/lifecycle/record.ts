import { deploySchema } from "../astro/responses";
import type { DeployOutputs, DeployRecord } from "./outputs";

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
