import { ApiError, json } from "../reply";
import type { DeploymentRecord } from "../records";
import { parseDeploymentsPage, type DeploymentsPage } from "../requests";
import { runtimeRelease } from "../runtimeReleases";
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

/** What a Deployment can be made of: the versions of Runtime are its own, the rest is an example. */
export const getDeploymentOptions: Handler = (call) => {
  checkOrganization(call);
  const { world, query } = call;
  const id = query.get("deploymentId");
  const deployment = id === null ? undefined : world.deployment(id);
  if (id !== null && !maySee(call, id)) {
    throw new ApiError(403, `Insufficient permissions for Deployment ${id}`);
  }
  if (id !== null && !deployment) throw new ApiError(404, `Deployment ${id} not found`);
  const own = deployment ? [deployment.astroRuntimeVersion] : [];
  const versions = new Set([...world.settings.runtimeReleases, ...own]);
  return json(200, {
    executors: ["CELERY", "KUBERNETES", "ASTRO"],
    resourceQuotas: {
      defaultPodSize: { cpu: range("0.25", "0.1", "6"), memory: range("0.5Gi", "0.1Gi", "12Gi") },
      resourceQuota: { cpu: range("10", "1", "1600"), memory: range("20Gi", "2Gi", "3200Gi") },
    },
    runtimeReleases: [...versions].map(runtimeRelease),
    schedulerMachines: [{ name: "SMALL", spec: { cpu: "1", memory: "2Gi" } }],
    workerMachines: [
      {
        name: "A5",
        concurrency: range(5, 1, 15),
        spec: { cpu: "1", memory: "2Gi", ephemeralStorage: "10Gi", concurrency: 5 },
      },
    ],
    workerQueues: {
      maxWorkers: range(10, 1, 200),
      minWorkers: range(0, 0, 200),
      workerConcurrency: range(5, 1, 64),
    },
  });
};

function range<T>(byDefault: T, floor: T, ceiling: T) {
  return { ceiling, default: byDefault, floor };
}
