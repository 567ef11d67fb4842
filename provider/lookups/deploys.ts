import * as pulumi from "@pulumi/pulumi";
import type { AstroClient, DeploymentRef } from "../astro/client";
import type { Deploy } from "../astro/types";
import { newestDeploys } from "../lifecycle/recovery/history";
import type { InputsOf } from "./inputsOf";
import { askMocks, lookUp, requireId } from "./lookUp";

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
  deploymentId: string;
}

/** Names the deploy to look up. */
export interface GetDeployArgs extends GetNewestDeployArgs {
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
  return lookUpIn(args, async (client, ref) => {
    const deployId = requireId("deployId", args.deployId);
    return info(await client.getDeploy({ ...ref, deployId }));
  });
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
  return lookUpIn(args, async (client, ref) => {
    const { limit } = args;
    if (limit !== undefined && !(limit === Infinity || (Number.isInteger(limit) && limit > 0))) {
      throw new Error("limit must be a whole number above 0, or Infinity.");
    }
    return (await newestDeploys(client, ref, { limit })).map(info);
  });
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
  return lookUpIn(args, async (client, ref) => {
    const isDeployed = ({ status }: Deploy) => status === "DEPLOYED";
    const found =
      (await newestDeploys(client, ref)).find(isDeployed) ??
      (await newestDeploys(client, ref, { limit: Infinity })).find(isDeployed);
    return found && info(found);
  });
}

/** {@link getNewestDeploy} for values that may not be known yet. */
export function getNewestDeployOutput(
  args: GetNewestDeployOutputArgs,
): pulumi.Output<DeployInfo | undefined> {
  return pulumi.output(args).apply((known) => getNewestDeploy(known as GetNewestDeployArgs));
}

/** Looks something up of a Deployment. */
function lookUpIn<T>(
  args: GetNewestDeployArgs,
  ask: (client: AstroClient, ref: DeploymentRef) => Promise<T>,
): Promise<T> {
  return lookUp(args, ({ deploymentId }, client, organizationId) =>
    ask(client, { organizationId, deploymentId: requireId("deploymentId", deploymentId) }),
  );
}

function info(deploy: Deploy): DeployInfo {
  const { dagsUploadUrl: _, bundleUploadUrl: __, ...rest } = deploy;
  return rest;
}
