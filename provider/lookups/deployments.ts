import * as pulumi from "@pulumi/pulumi";
import type { DeploymentInfo } from "../astro/types";
import { loadOnDemand } from "../program/lazy";
import type { InputsOf } from "./inputsOf";
import { askMocks } from "./mocks";

/** Names the Deployment to look up: by its name, or by its id. */
export interface GetDeploymentArgs {
  /** The Deployment's name. Not with `deploymentId`. */
  name?: string | undefined;
  /** The Deployment's id. Not with `name`. */
  deploymentId?: string | undefined;
  /**
   * The Workspace to look for the name in.
   *
   * @defaultValue every Workspace that the token may see
   */
  workspaceId?: string | undefined;
  /**
   * @defaultValue `astro:organizationId`, or else `ASTRO_ORGANIZATION_ID`, or else the API token's
   */
  organizationId?: string | undefined;
}

/** {@link GetDeploymentArgs} with values that may not be known yet. */
export type GetDeploymentOutputArgs = InputsOf<GetDeploymentArgs>;

/**
 * Looks up a Deployment, and what runs on it now. Under `pulumi.runtime.setMocks` it asks their
 * `call`, as `astro:index:getDeployment`, for the Deployment's fields.
 *
 * By name, the token needs the permission `organization.deployments.get`, by id `deployment.get`;
 * either way `deployment.deploys.get`, since Astro lists a Deployment's bundles with its deploys.
 *
 * @throws Error if no Deployment has the name, or more than one, with those that come into
 * question; or if an argument is missing or not valid, or the configuration is wrong. AstroError if
 * the request fails, or there is no Deployment with the id.
 */
export async function getDeployment(args: GetDeploymentArgs): Promise<DeploymentInfo> {
  const mocked = await askMocks<DeploymentInfo>("getDeployment", args);
  if (mocked) return mocked;
  const { lookUp, findDeployment } = loadOnDemand();
  return lookUp(args, findDeployment);
}

/** {@link getDeployment} for values that may not be known yet. */
export function getDeploymentOutput(args: GetDeploymentOutputArgs): pulumi.Output<DeploymentInfo> {
  return pulumi.output(args).apply((known) => getDeployment(known as GetDeploymentArgs));
}
