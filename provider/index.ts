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
export type { DeployType, GitProvider, GitRequest } from "./astro/requests";
export type { Bundle, DeployGit, Subject } from "./astro/schemas";
export type { Superseding } from "./lifecycle/history";
