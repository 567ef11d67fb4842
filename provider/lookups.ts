import * as pulumi from "@pulumi/pulumi";
import type { AstroClient, DeploymentRef } from "./astro/client";
import { idSchema } from "./astro/requests";
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
 * @throws AstroError where it does not exist, or the request is refused; Error where an argument is
 * missing or no id.
 */
export async function getDeploy(args: GetDeployArgs): Promise<DeployInfo> {
  return lookUp(args, async (client, ref) => {
    const deployId = mustBeId("deployId", args.deployId);
    return info(await client.getDeploy({ ...ref, deployId }));
  });
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
    // A program in JavaScript may pass nothing.
    const given = (args as Partial<GetDeploysArgs> | undefined) ?? {};
    const ref = {
      organizationId: mustBeId("organizationId", given.organizationId ?? settings.organizationId),
      deploymentId: mustBeId("deploymentId", given.deploymentId),
    };
    return await ask(programClient(settings), ref);
  } catch (error) {
    throw clean(error);
  }
}

/** @throws Error where the value is missing, or no id. */
function mustBeId(name: string, value: unknown): string {
  const parsed = idSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const hint =
    name === "organizationId"
      ? " Pass it, or set astro:organizationId or ASTRO_ORGANIZATION_ID."
      : "";
  throw new Error(`${name} ${parsed.error.issues[0]?.message ?? "is not valid"}.${hint}`);
}

function info(deploy: Deploy): DeployInfo {
  const { dagsUploadUrl: _, bundleUploadUrl: __, ...rest } = deploy;
  return rest;
}
