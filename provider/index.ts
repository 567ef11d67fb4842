export { AstroDeploy, type AstroDeployArgs, type GitArgs } from "./astroDeploy";
export { gitFromCheckout, type GitFromCheckoutOptions } from "./git";
export {
  getDeploy,
  getDeployOutput,
  getDeploys,
  getDeploysOutput,
  getNewestDeploy,
  getNewestDeployOutput,
  type DeployInfo,
  type Inputs,
  type GetDeployArgs,
  type GetDeploysArgs,
} from "./lookups";
export { AstroError } from "./astro/errors";
export type {
  Bundle,
  DeployGit,
  DeployType,
  GitProvider,
  GitRequest,
  Subject,
} from "./astro/types";
export type { Superseding } from "./lifecycle/superseding";
