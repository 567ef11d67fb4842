import { distance } from "fastest-levenshtein";
import type { AstroClient, DeploymentsQuery } from "../astro/client";
import type { Deployment } from "../astro/responses";
import type { DeploymentInfo } from "../astro/types";
import { newestDeploys } from "../lifecycle/recovery/history";
import type { GetDeploymentArgs } from "./deployments";
import { requireId } from "./ids";
import { CodedError } from "../messages";

/** Looks up a Deployment for {@link getDeployment}. */
export async function findDeployment(
  args: Partial<GetDeploymentArgs>,
  client: AstroClient,
  organizationId: string,
): Promise<DeploymentInfo> {
  const deployment = await find(args, client, organizationId);
  const ref = { organizationId, deploymentId: deployment.id };
  const newest = (await newestDeploys(client, ref)).find(({ status }) => status === "DEPLOYED");
  return info(deployment, newest?.bundles);
}

async function find(
  { name, deploymentId, workspaceId }: GetDeploymentArgs,
  client: AstroClient,
  organizationId: string,
): Promise<Deployment> {
  if (deploymentId !== undefined) {
    if (name !== undefined || workspaceId !== undefined) {
      throw new CodedError(
        "invalid-lookup",
        "deploymentId names one Deployment: leave name and workspaceId out.",
      );
    }
    const ref = { organizationId, deploymentId: requireId("deploymentId", deploymentId) };
    return client.getDeployment(ref);
  }
  if (typeof name !== "string" || name === "") {
    throw new CodedError(
      "invalid-lookup",
      "name is missing: pass the Deployment's name, or its id as deploymentId.",
    );
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
    throw new CodedError(
      "deployment-name",
      `${named.length} Deployments of ${place} are called "${name}": ${described(named)}. Pass ${narrow} the name.`,
    );
  }
  const near = nearest(name, await list({}));
  const hint = near.length > 0 ? ` Similar names have ${described(near)}.` : "";
  throw new CodedError(
    "deployment-name",
    `No Deployment of ${place} that the token may see is called "${name}".${hint}`,
  );
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
