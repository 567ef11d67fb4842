import { json } from "../reply";
import type { DeploymentRecord } from "../records";
import { parseDeploymentsPage, type DeploymentsPage } from "../requests";
import { deploymentView } from "../views";
import { checkOrganization, deploymentOfPath, maySee, type Handler } from "./call";

export const getDeployment: Handler = (call) =>
  json(200, deploymentView(call.world, deploymentOfPath(call, "read")));

/** Compares by the first of the keys in which two Deployments differ. */
const inOrderOf =
  (sorts: DeploymentsPage["sorts"]) => (a: DeploymentRecord, b: DeploymentRecord) => {
    for (const sort of sorts) {
      const [key, order] = sort.split(":") as ["name" | "createdAt" | "updatedAt", "asc" | "desc"];
      if (a[key] !== b[key]) return a[key] < b[key] === (order === "asc") ? -1 : 1;
    }
    return 0;
  };

export const listDeployments: Handler = (call) => {
  checkOrganization(call);
  const { world, query } = call;
  const { offset, limit, sorts } = parseDeploymentsPage(query);
  const matches = (parameter: string, value: string) => {
    const wanted = query.getAll(parameter);
    return wanted.length === 0 || wanted.includes(value);
  };
  const found = world
    .deployments()
    .filter(
      ({ id, name, workspaceId }) =>
        maySee(call, id) &&
        matches("deploymentIds", id) &&
        matches("names", name) &&
        matches("workspaceIds", workspaceId),
    )
    .sort(inOrderOf(sorts));
  return json(200, {
    deployments: found
      .slice(offset, offset + limit)
      .map((deployment) => deploymentView(world, deployment)),
    limit,
    offset,
    totalCount: found.length,
  });
};
