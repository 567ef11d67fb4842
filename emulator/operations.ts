import type { BlobOperation } from "./blob/endpoint";
import type { Handler } from "./api/call";
import { getDeployment, getDeploymentOptions, listDeployments } from "./api/deployments";
import { createDeploy, getDeploy, listDeploys, updateDeploy } from "./api/deploys";
import { finalizeDeploy } from "./api/finalize";
import { rollbackDeploy } from "./api/rollback";

/** The operations of the API, by the service's names. */
export type ApiOperation =
  | "ListDeployments"
  | "GetDeployment"
  | "GetDeploymentOptions"
  | "ListDeploys"
  | "CreateDeploy"
  | "GetDeploy"
  | "UpdateDeploy"
  | "FinalizeDeploy"
  | "DeployRollback";

/** What a request can be. `Unknown` is any other path. */
export type Operation = ApiOperation | BlobOperation | "Unknown";

interface Route {
  operation: ApiOperation;
  method: "GET" | "POST";
  path: string;
  handler: Handler;
  /** The answer if something in the path does not exist: 404, unless that is not documented. */
  absent?: 400 | 403;
}

const deployments = "/organizations/:organizationId/deployments";
const deploys = `${deployments}/:deploymentId/deploys`;

/** The paths below the base of either API version. */
export const routes: readonly Route[] = [
  {
    operation: "ListDeployments",
    method: "GET",
    path: deployments,
    handler: listDeployments,
    absent: 403,
  },
  {
    operation: "GetDeployment",
    method: "GET",
    path: `${deployments}/:deploymentId`,
    handler: getDeployment,
  },
  {
    operation: "GetDeploymentOptions",
    method: "GET",
    path: "/organizations/:organizationId/deployment-options",
    handler: getDeploymentOptions,
    absent: 403,
  },
  { operation: "ListDeploys", method: "GET", path: deploys, handler: listDeploys },
  { operation: "CreateDeploy", method: "POST", path: deploys, handler: createDeploy },
  { operation: "GetDeploy", method: "GET", path: `${deploys}/:deployId`, handler: getDeploy },
  {
    operation: "UpdateDeploy",
    method: "POST",
    path: `${deploys}/:deployId`,
    handler: updateDeploy,
  },
  {
    operation: "FinalizeDeploy",
    method: "POST",
    path: `${deploys}/:deployId/finalize`,
    handler: finalizeDeploy,
    absent: 400,
  },
  {
    operation: "DeployRollback",
    method: "POST",
    path: `${deploys}/:deployId/rollback`,
    handler: rollbackDeploy,
  },
];

/** Where each API version is served. */
export const bases = { v1beta1: "/platform/v1beta1", v1: "/v1" } as const;
