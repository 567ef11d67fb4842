import { json } from "../http";
import type { DeploymentRecord } from "../state/records";
import type { Handler } from "./call";
import { deploymentsPage, parse, type DeploymentsPage } from "./validation";
import { deploymentView } from "./views";

export const getDeployment: Handler = ({ state, deployment }) =>
  json(200, deploymentView(state, deployment));

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
  const { state, query } = call;
  const { offset, limit, sorts } = parse(deploymentsPage, {
    offset: query.get("offset"),
    limit: query.get("limit"),
    sorts: query.getAll("sorts"),
  });
  const matches = (parameter: string, value: string) => {
    const wanted = query.getAll(parameter);
    return wanted.length === 0 || wanted.includes(value);
  };
  const found = state
    .deployments()
    .filter(
      ({ id, name, workspaceId }) =>
        call.maySee(id) &&
        matches("deploymentIds", id) &&
        matches("names", name) &&
        matches("workspaceIds", workspaceId),
    )
    .sort(inOrderOf(sorts));
  const page = found.slice(offset, offset + limit);
  return json(200, {
    deployments: page.map((deployment) => deploymentView(state, deployment)),
    limit,
    offset,
    totalCount: found.length,
  });
};
