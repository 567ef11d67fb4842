import type { ApiVersion } from "../options";
import type { DeploymentRecord, DeployRecord } from "../records";
import { ApiError, type Reply } from "../reply";
import type { Token } from "../tokens";
import type { World } from "../world";

/** An API request whose token is known to be valid. */
export interface Call {
  world: World;
  apiVersion: ApiVersion;
  token: Token;
  params: Readonly<Record<string, string | undefined>>;
  query: URLSearchParams;
  body: unknown;
}

export type Handler = (call: Call) => Reply | Promise<Reply>;

/** Refuses a path whose organization is not this emulator's. */
export function checkOrganization({ world, params }: Call): void {
  if (params.organizationId !== world.organizationId) {
    throw new ApiError(404, `Organization ${params.organizationId ?? ""} not found`);
  }
}

/** The Deployment of the path, if the token may do this to it. */
export function deploymentOfPath(call: Call, access: "read" | "deploy"): DeploymentRecord {
  checkOrganization(call);
  const { world, token, params } = call;
  const id = params.deploymentId ?? "";
  if (!maySee(call, id)) {
    throw new ApiError(403, `Insufficient permissions for Deployment ${id}`);
  }
  const deployment = world.deployment(id);
  if (!deployment) throw new ApiError(404, `Deployment ${id} not found`);
  if (access === "deploy" && !token.canDeploy) {
    throw new ApiError(403, `Insufficient permissions to deploy to Deployment ${id}`);
  }
  return deployment;
}

export function maySee({ token }: Call, deploymentId: string): boolean {
  return token.deployments?.includes(deploymentId) ?? true;
}

/** The deploy of the path, which must be one of the Deployment's. */
export function deployOfPath({ world, params }: Call, deployment: DeploymentRecord): DeployRecord {
  const id = params.deployId ?? "";
  const deploy = world.deploy(id);
  if (deploy?.deploymentId !== deployment.id) throw new ApiError(404, `Deploy ${id} not found`);
  return deploy;
}
