import { json } from "../reply";
import { parsePage } from "../requests";
import { deploymentView } from "../views";
import { checkOrganization, deploymentOfPath, maySee, type Handler } from "./call";

export const getDeployment: Handler = (call) =>
  json(200, deploymentView(call.world, deploymentOfPath(call, "read")));

export const listDeployments: Handler = (call) => {
  checkOrganization(call);
  const { world, query } = call;
  const { offset, limit } = parsePage(query);
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
    );
  return json(200, {
    deployments: found
      .slice(offset, offset + limit)
      .map((deployment) => deploymentView(world, deployment)),
    limit,
    offset,
    totalCount: found.length,
  });
};
