/**
 * What a Pulumi program imports: the resource `AstroDeploy`, look-ups, and their types.
 *
 * @module pulumi-astro-deploy
 */
export { AstroDeploy, type AstroDeployArgs, type GitArgs } from "./astroDeploy";
export type { ArgsOfType, TypedDeployArgs } from "./argsByType";
export { DeployStatus, DeployType } from "./astro/types";
export type { FileMap, FileSource } from "./program/files";
export { gitFromCheckout, type GitFromCheckoutOptions } from "./git/gitFromCheckout";
export {
  getDeployment,
  getDeploymentOutput,
  type GetDeploymentArgs,
  type GetDeploymentOutputArgs,
} from "./lookups/deployments";
export {
  getDeploy,
  getDeployOutput,
  getDeploys,
  getDeploysOutput,
  getNewestDeploy,
  getNewestDeployOutput,
  type DeployInfo,
  type GetDeployArgs,
  type GetDeployOutputArgs,
  type GetDeploysArgs,
  type GetDeploysOutputArgs,
  type GetNewestDeployArgs,
  type GetNewestDeployOutputArgs,
} from "./lookups/deploys";
export { AstroError, type FieldError, type RequestOutcome } from "./astro/error";
export type { MessageCode } from "./messages";
export type {
  Bundle,
  DeployGit,
  DeploymentInfo,
  GitProvider,
  GitRequest,
  Subject,
  SupersedingDeploy,
} from "./astro/types";
