import type { Deploy } from "../astro/types";
import type { DeployInfo } from "./deploys";

/** A deploy without its upload URLs. */
export function info(deploy: Deploy): DeployInfo {
  const { dagsUploadUrl: _, bundleUploadUrl: __, ...rest } = deploy;
  return rest;
}
