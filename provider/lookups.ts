import * as pulumi from "@pulumi/pulumi";
import type { AstroClient, DeploymentRef } from "./astro/client";
import type { Deploy } from "./astro/types";
import { newestDeploys } from "./lifecycle/history";
import { programClient, programSettings } from "./program";
import { clean } from "./redact";

/**
 * A deploy as a look-up returns it: every field of the service's response but the upload URLs,
 * which are secrets and good for nothing once a deploy is finalized.
 */
export type DeployInfo = Omit<Deploy, "dagsUploadUrl" | "bundleUploadUrl">;

/** Names the Deployment whose deploys to look up. */
export interface GetDeploysArgs {
  /** @defaultValue `astro:organizationId`, else `ASTRO_ORGANIZATION_ID` */
  organizationId?: string | undefined;
  deploymentId: string;
}

/** Names the deploy to look up. */
export interface GetDeployArgs extends GetDeploysArgs {
  deployId: string;
}

/** The same with values that may not be known yet. */
export type Inputs<T> = { [K in keyof T]: pulumi.Input<T[K]> };

/**
 * Looks up a deploy.
 *
 * @throws AstroError where it does not exist, or the request is refused.
 */
export async function getDeploy(args: GetDeployArgs): Promise<DeployInfo> {
  return lookUp(args, (client, ref) =>
    client.getDeploy({ ...ref, deployId: args.deployId }).then(info),
  );
}

/** {@link getDeploy} for values that may not be known yet. */
export function getDeployOutput(args: Inputs<GetDeployArgs>): pulumi.Output<DeployInfo> {
  return pulumi.output(args).apply((known) => getDeploy(known as GetDeployArgs));
}

/**
 * Lists the newest deploys of a Deployment, the newest first; at most 50.
 *
 * @throws AstroError where the request is refused.
 */
export async function getDeploys(args: GetDeploysArgs): Promise<DeployInfo[]> {
  return lookUp(args, async (client, ref) => (await newestDeploys(client, ref)).map(info));
}

/** {@link getDeploys} for values that may not be known yet. */
export function getDeploysOutput(args: Inputs<GetDeploysArgs>): pulumi.Output<DeployInfo[]> {
  return pulumi.output(args).apply((known) => getDeploys(known as GetDeploysArgs));
}

/**
 * Finds the newest deploy of a Deployment that is `DEPLOYED`.
 *
 * @returns undefined where the Deployment has none among its newest 50.
 * @throws AstroError where the request is refused.
 */
export async function getNewestDeploy(args: GetDeploysArgs): Promise<DeployInfo | undefined> {
  return (await getDeploys(args)).find((deploy) => deploy.status === "DEPLOYED");
}

/** {@link getNewestDeploy} for values that may not be known yet. */
export function getNewestDeployOutput(
  args: Inputs<GetDeploysArgs>,
): pulumi.Output<DeployInfo | undefined> {
  return pulumi.output(args).apply((known) => getNewestDeploy(known as GetDeploysArgs));
}

async function lookUp<T>(
  args: GetDeploysArgs,
  ask: (client: AstroClient, ref: DeploymentRef) => Promise<T>,
): Promise<T> {
  try {
    const settings = programSettings();
    const organizationId = args.organizationId ?? settings.organizationId;
    if (organizationId === undefined) {
      throw new Error(
        "organizationId is missing. Pass it, or set astro:organizationId or ASTRO_ORGANIZATION_ID.",
      );
    }
    return await ask(programClient(settings), { organizationId, deploymentId: args.deploymentId });
  } catch (error) {
    throw clean(error);
  }
}

function info(deploy: Deploy): DeployInfo {
  const { dagsUploadUrl: _, bundleUploadUrl: __, ...rest } = deploy;
  return rest;
}
