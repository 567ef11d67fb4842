import type { AstroClient, DeploymentRef } from "../astro/client";
import type { Deploy } from "../astro/types";
import { newestDeploys } from "../lifecycle/recovery/history";
import type { DeployInfo, GetDeployArgs, GetDeploysArgs, GetNewestDeployArgs } from "./deploys";
import { requireId } from "./ids";
import { info } from "./info";
import { CodedError } from "../messages";

/** Looks up a deploy for {@link getDeploy}. */
export async function findDeploy(
  { deploymentId, deployId }: Partial<GetDeployArgs>,
  client: AstroClient,
  organizationId: string,
): Promise<DeployInfo> {
  const ref = refOf(organizationId, deploymentId);
  return info(await client.getDeploy({ ...ref, deployId: requireId("deployId", deployId) }));
}

/** Lists the newest deploys for {@link getDeploys}. */
export async function findDeploys(
  { deploymentId, limit }: Partial<GetDeploysArgs>,
  client: AstroClient,
  organizationId: string,
): Promise<DeployInfo[]> {
  const ref = refOf(organizationId, deploymentId);
  if (limit !== undefined && !(limit === Infinity || (Number.isInteger(limit) && limit > 0))) {
    throw new CodedError("invalid-lookup", "limit must be a whole number above 0, or Infinity.");
  }
  return (await newestDeploys(client, ref, { limit })).map(info);
}

/** Finds the newest deploy for {@link getNewestDeploy}. */
export async function findNewestDeploy(
  { deploymentId }: Partial<GetNewestDeployArgs>,
  client: AstroClient,
  organizationId: string,
): Promise<DeployInfo | undefined> {
  const ref = refOf(organizationId, deploymentId);
  const isDeployed = ({ status }: Deploy) => status === "DEPLOYED";
  const found =
    (await newestDeploys(client, ref)).find(isDeployed) ??
    (await newestDeploys(client, ref, { limit: Infinity })).find(isDeployed);
  return found && info(found);
}

function refOf(organizationId: string, deploymentId: unknown): DeploymentRef {
  return { organizationId, deploymentId: requireId("deploymentId", deploymentId) };
}
