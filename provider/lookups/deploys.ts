import * as pulumi from "@pulumi/pulumi";
import type { Deploy } from "../astro/types";
import { loadOnDemand } from "../program/lazy";
import { info } from "./info";
import type { InputsOf } from "./inputsOf";
import { askMocks } from "./mocks";

/**
 * A deploy as a look-up returns it: every field of the response except the upload URLs, which are
 * secrets and of no use once a deploy is finalized.
 */
export type DeployInfo = Omit<Deploy, "dagsUploadUrl" | "bundleUploadUrl">;

/** Names the Deployment whose newest deploy to look up. */
export interface GetNewestDeployArgs {
  /**
   * @defaultValue `astro:organizationId`, or else `ASTRO_ORGANIZATION_ID`, or else the API token's
   */
  organizationId?: string | undefined;
  /** The Deployment's id. */
  deploymentId: string;
}

/** Names the deploy to look up. */
export interface GetDeployArgs extends GetNewestDeployArgs {
  /** The deploy's id. */
  deployId: string;
}

/** Names the Deployment whose deploys to look up. */
export interface GetDeploysArgs extends GetNewestDeployArgs {
  /**
   * The largest number of deploys to return; `Infinity` for the whole history.
   *
   * @defaultValue 50
   */
  limit?: number | undefined;
}

/** {@link GetDeploysArgs} with values that may not be known yet. */
export type GetDeploysOutputArgs = InputsOf<GetDeploysArgs>;

/** {@link GetDeployArgs} with values that may not be known yet. */
export type GetDeployOutputArgs = InputsOf<GetDeployArgs>;

/** {@link GetNewestDeployArgs} with values that may not be known yet. */
export type GetNewestDeployOutputArgs = InputsOf<GetNewestDeployArgs>;

/**
 * Looks up a deploy. Under `pulumi.runtime.setMocks` it asks their `call`, as
 * `astro:index:getDeploy`, for the deploy's fields.
 *
 * @throws AstroError if it does not exist, or the request fails; Error if an argument is missing or
 * not an id, or the configuration is wrong.
 */
export async function getDeploy(args: GetDeployArgs): Promise<DeployInfo> {
  const mocked = await askMocks<Deploy>("getDeploy", args);
  if (mocked) return info(mocked);
  const { lookUp, findDeploy } = loadOnDemand();
  return lookUp(args, findDeploy);
}

/** {@link getDeploy} for values that may not be known yet. */
export function getDeployOutput(args: GetDeployOutputArgs): pulumi.Output<DeployInfo> {
  return pulumi.output(args).apply((known) => getDeploy(known as GetDeployArgs));
}

/**
 * Lists the newest deploys of a Deployment, the newest first. Under `pulumi.runtime.setMocks` it
 * asks their `call`, as `astro:index:getDeploys`, for `{ deploys: [...] }`.
 *
 * @throws AstroError if the request fails; Error if an argument is missing or not valid, or the
 * configuration is wrong.
 */
export async function getDeploys(args: GetDeploysArgs): Promise<DeployInfo[]> {
  const mocked = await askMocks<{ deploys?: Deploy[] }>("getDeploys", args);
  if (mocked) return (mocked.deploys ?? []).map(info);
  const { lookUp, findDeploys } = loadOnDemand();
  return lookUp(args, findDeploys);
}

/** {@link getDeploys} for values that may not be known yet. */
export function getDeploysOutput(args: GetDeploysOutputArgs): pulumi.Output<DeployInfo[]> {
  return pulumi.output(args).apply((known) => getDeploys(known as GetDeploysArgs));
}

/**
 * Finds the newest deploy of a Deployment that is `DEPLOYED`. Under `pulumi.runtime.setMocks` it
 * asks their `call`, as `astro:index:getNewestDeploy`, for the deploy's fields, or `{}` if there is
 * none.
 *
 * @returns undefined if the Deployment has none.
 * @throws AstroError if the request fails; Error if an argument is missing or not an id, or the
 * configuration is wrong.
 */
export async function getNewestDeploy(args: GetNewestDeployArgs): Promise<DeployInfo | undefined> {
  const mocked = await askMocks<Partial<Deploy>>("getNewestDeploy", args);
  if (mocked) return mocked.id === undefined ? undefined : info(mocked as Deploy);
  const { lookUp, findNewestDeploy } = loadOnDemand();
  return lookUp(args, findNewestDeploy);
}

/** {@link getNewestDeploy} for values that may not be known yet. */
export function getNewestDeployOutput(
  args: GetNewestDeployOutputArgs,
): pulumi.Output<DeployInfo | undefined> {
  return pulumi.output(args).apply((known) => getNewestDeploy(known as GetNewestDeployArgs));
}
