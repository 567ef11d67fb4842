import type { Reply } from "../http";
import type { ApiVersion } from "../options";
import type { DeploymentRecord, DeployRecord } from "../state/records";
import type { EmulatorState } from "../state/state";
import type { Token } from "../tokens";
import { ApiError } from "./errors";

export type Handler = (call: Call) => Reply | Promise<Reply>;

/**
 * What a token must be allowed: nothing in particular, anything in the organization, to see the
 * Deployment of the path, or to deploy to it.
 */
export type Permission = "any" | "organization" | "read" | "deploy";

/** A request to the API whose token is known to be valid. */
export class Call {
  constructor(
    readonly state: EmulatorState,
    readonly apiVersion: ApiVersion,
    readonly token: Token,
    private readonly params: Readonly<Record<string, string>>,
    readonly query: URLSearchParams,
    readonly body: unknown,
  ) {}

  /** The Deployment of the path. */
  get deployment(): DeploymentRecord {
    return this.deploymentOf(this.params.deploymentId ?? "");
  }

  /** The deploy of the path, which must be one of the Deployment's. */
  get deploy(): DeployRecord {
    const { deployId = "" } = this.params;
    const deploy = this.state.deploy(deployId);
    if (deploy?.deploymentId !== this.deployment.id) {
      throw new ApiError(404, `Deploy ${deployId} not found`);
    }
    return deploy;
  }

  /** A parameter of the path. */
  param(name: string): string {
    return this.params[name] ?? "";
  }

  deploymentOf(id: string): DeploymentRecord {
    if (!this.maySee(id)) {
      throw new ApiError(403, `Insufficient permissions for Deployment ${id}`);
    }
    const deployment = this.state.deployment(id);
    if (!deployment) throw new ApiError(404, `Deployment ${id} not found`);
    return deployment;
  }

  maySee(deploymentId: string): boolean {
    return this.token.deployments?.includes(deploymentId) ?? true;
  }

  /** Refuses a path of another organization, and what the token may not do. */
  authorize(permission: Permission): void {
    if (permission === "any") return;
    const { organizationId = "" } = this.params;
    if (organizationId !== this.state.organizationId) {
      throw new ApiError(404, `Organization ${organizationId} not found`);
    }
    if (permission === "organization") return;
    const { id } = this.deployment;
    if (permission === "deploy" && !this.token.canDeploy) {
      throw new ApiError(403, `Insufficient permissions to deploy to Deployment ${id}`);
    }
  }
}
