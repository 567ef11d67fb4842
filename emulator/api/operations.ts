import type { AirflowOperation } from "../airflow/endpoint";
import type { BlobOperation } from "../blob/endpoint";
import type { Handler, Permission } from "./call";
import { getDeploymentOptions } from "./deploymentOptions";
import { getDeployment, listDeployments } from "./deployments";
import { createDeploy, getDeploy, listDeploys, updateDeploy } from "./deploys";
import { finalizeDeploy } from "./finalize";
import { endHibernationOverride, overrideHibernation } from "./hibernation";
import {
  getCluster,
  getOrganization,
  getWorkspace,
  listClusters,
  listOrganizations,
  listWorkspaces,
} from "./organizations";
import type { ApiVersion } from "../options";
import { rollbackDeploy } from "./rollback";

interface Definition {
  method: "GET" | "POST" | "DELETE";
  /** Below the base of either API version. */
  path: string;
  permission: Permission;
  handler: Handler;
  /** The answer if something in the path does not exist: 404, unless that is not documented. */
  notFound?: 400 | 403;
  /** The API versions that have it here. Default: both. */
  apiVersions?: readonly ApiVersion[];
}

const organization = "/organizations/:organizationId";
const deployments = `${organization}/deployments`;
const deployment = `${deployments}/:deploymentId`;
const hibernationOverride = `${deployment}/hibernation-override`;
const deploys = `${deployment}/deploys`;
const deploy = `${deploys}/:deployId`;

/** The operations of the API, by the service's names. */
export const operations = {
  ListOrganizations: {
    method: "GET",
    path: "/organizations",
    permission: "any",
    handler: listOrganizations,
    apiVersions: ["v1"],
  },
  GetOrganization: {
    method: "GET",
    path: organization,
    permission: "organization",
    handler: getOrganization,
    apiVersions: ["v1"],
  },
  ListWorkspaces: {
    method: "GET",
    path: `${organization}/workspaces`,
    permission: "organization",
    handler: listWorkspaces,
    notFound: 403,
    apiVersions: ["v1"],
  },
  GetWorkspace: {
    method: "GET",
    path: `${organization}/workspaces/:workspaceId`,
    permission: "organization",
    handler: getWorkspace,
    apiVersions: ["v1"],
  },
  ListClusters: {
    method: "GET",
    path: `${organization}/clusters`,
    permission: "organization",
    handler: listClusters,
    notFound: 403,
    apiVersions: ["v1"],
  },
  GetCluster: {
    method: "GET",
    path: `${organization}/clusters/:clusterId`,
    permission: "organization",
    handler: getCluster,
    apiVersions: ["v1"],
  },
  ListDeployments: {
    method: "GET",
    path: deployments,
    permission: "organization",
    handler: listDeployments,
    notFound: 403,
  },
  GetDeploymentOptions: {
    method: "GET",
    path: `${organization}/deployment-options`,
    permission: "organization",
    handler: getDeploymentOptions,
    notFound: 403,
  },
  GetDeployment: { method: "GET", path: deployment, permission: "read", handler: getDeployment },
  UpdateDeploymentHibernationOverride: {
    method: "POST",
    path: hibernationOverride,
    permission: "deploy",
    handler: overrideHibernation,
  },
  DeleteDeploymentHibernationOverride: {
    method: "DELETE",
    path: hibernationOverride,
    permission: "deploy",
    handler: endHibernationOverride,
  },
  ListDeploys: { method: "GET", path: deploys, permission: "read", handler: listDeploys },
  CreateDeploy: { method: "POST", path: deploys, permission: "deploy", handler: createDeploy },
  GetDeploy: { method: "GET", path: deploy, permission: "read", handler: getDeploy },
  UpdateDeploy: { method: "POST", path: deploy, permission: "deploy", handler: updateDeploy },
  FinalizeDeploy: {
    method: "POST",
    path: `${deploy}/finalize`,
    permission: "deploy",
    handler: finalizeDeploy,
    notFound: 400,
  },
  DeployRollback: {
    method: "POST",
    path: `${deploy}/rollback`,
    permission: "deploy",
    handler: rollbackDeploy,
  },
} as const satisfies Record<string, Definition>;

export type ApiOperation = keyof typeof operations;

/** What a request can be. `Unknown` is any other path. */
export type Operation = ApiOperation | BlobOperation | AirflowOperation | "Unknown";

const bases = { v1beta1: "/platform/v1beta1", v1: "/v1" } as const;

/** Every operation at every API version, with what its path looks like. */
const routes = Object.entries(operations).flatMap(([name, definition]: [string, Definition]) =>
  (definition.apiVersions ?? (["v1beta1", "v1"] as const)).map((apiVersion) => ({
    ...definition,
    operation: name as ApiOperation,
    apiVersion,
    pattern: patternOf(bases[apiVersion] + definition.path),
  })),
);

/** The expression that matches a path, with a group for each of its `:parameters`. */
export function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/:(\w+)/g, "(?<$1>[^/]*)")}$`);
}

/** The operation that a request asks for, with the parameters of its path. */
export function findOperation(method: string, path: string) {
  for (const route of routes) {
    const match = route.method === method ? route.pattern.exec(path) : null;
    const params = match && decoded(match.groups ?? {});
    if (params) return { ...route, params };
  }
  return undefined;
}

export type Match = NonNullable<ReturnType<typeof findOperation>>;

/** `undefined` if a parameter has an escape that is not valid. */
function decoded(params: Record<string, string>): Record<string, string> | undefined {
  try {
    const entries = Object.entries(params);
    return Object.fromEntries(entries.map(([name, text]) => [name, decodeURIComponent(text)]));
  } catch {
    return undefined;
  }
}
