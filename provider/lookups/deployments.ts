import * as pulumi from "@pulumi/pulumi";
import { distance } from "fastest-levenshtein";
import type { AstroClient, DeploymentsQuery } from "../astro/client";
import type { Deployment } from "../astro/responses";
import type { DeploymentInfo } from "../astro/types";
import { newestDeploys } from "../lifecycle/recovery/history";
import type { InputsOf } from "./inputsOf";
import { askMocks, lookUp, refuseOutput, requireId } from "./lookUp";

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
  return lookUp(args, async (given, client, organizationId) => {
    const deployment = await find(given, client, organizationId);
    const ref = { organizationId, deploymentId: deployment.id };
    const newest = (await newestDeploys(client, ref)).find(({ status }) => status === "DEPLOYED");
    return info(deployment, newest?.bundles);
  });
}

/** {@link getDeployment} for values that may not be known yet. */
export function getDeploymentOutput(args: GetDeploymentOutputArgs): pulumi.Output<DeploymentInfo> {
  return pulumi.output(args).apply((known) => getDeployment(known as GetDeploymentArgs));
}

async function find(
  { name, deploymentId, workspaceId }: GetDeploymentArgs,
  client: AstroClient,
  organizationId: string,
): Promise<Deployment> {
  if (deploymentId !== undefined) {
    if (name !== undefined || workspaceId !== undefined) {
      throw new Error("deploymentId names one Deployment: leave name and workspaceId out.");
    }
    const ref = { organizationId, deploymentId: requireId("deploymentId", deploymentId) };
    return client.getDeployment(ref);
  }
  refuseOutput("name", name);
  if (typeof name !== "string" || name === "") {
    throw new Error("name is missing: pass the Deployment's name, or its id as deploymentId.");
  }
  const workspace =
    workspaceId === undefined ? {} : { workspaceIds: [requireId("workspaceId", workspaceId)] };
  const list = (query: DeploymentsQuery) =>
    listAll(client, organizationId, { ...workspace, ...query });

  const named = (await list({ names: [name] })).filter((deployment) => deployment.name === name);
  const [deployment, another] = named;
  if (deployment && !another) return deployment;
  const place =
    (workspaceId === undefined ? "" : `the Workspace ${workspaceId} of `) +
    `the Organization ${organizationId}`;
  if (another) {
    const narrow =
      workspaceId === undefined
        ? "workspaceId, or deploymentId in place of"
        : "deploymentId in place of";
    throw new Error(
      `${named.length} Deployments of ${place} are called "${name}": ${described(named)}. Pass ${narrow} the name.`,
    );
  }
  const near = nearest(name, await list({}));
  const hint = near.length > 0 ? ` Similar names have ${described(near)}.` : "";
  throw new Error(`No Deployment of ${place} that the token may see is called "${name}".${hint}`);
}

/** The service documents no largest page. */
const pageSize = 1000;

async function listAll(
  client: AstroClient,
  organizationId: string,
  query: DeploymentsQuery,
): Promise<Deployment[]> {
  const found: Deployment[] = [];
  for (;;) {
    const page = { ...query, limit: pageSize, offset: found.length };
    const { deployments, totalCount } = await client.listDeployments(organizationId, page);
    found.push(...deployments);
    if (deployments.length === 0 || found.length >= totalCount) return found;
  }
}

/** Of so many at most a message tells. */
const maxNear = 3;

/** The Deployments whose name may be what was meant. */
function nearest(name: string, deployments: readonly Deployment[]): Deployment[] {
  const wanted = name.toLowerCase();
  const edits = (other: Deployment) => distance(wanted, other.name.toLowerCase());
  return deployments
    .filter((other) => edits(other) <= wanted.length / 3)
    .sort((a, b) => edits(a) - edits(b))
    .slice(0, maxNear);
}

function described(deployments: readonly Deployment[]): string {
  return deployments
    .map(
      ({ id, name, workspaceId }) =>
        `${name} (${id}${workspaceId === undefined ? "" : `, Workspace ${workspaceId}`})`,
    )
    .join(", ");
}

function info(deployment: Deployment, bundles: DeploymentInfo["bundles"]): DeploymentInfo {
  const {
    type: _,
    remoteExecution: __,
    runtimeVersion,
    astroRuntimeVersion = runtimeVersion,
    ...shown
  } = deployment;
  return { ...shown, astroRuntimeVersion, bundles };
}
