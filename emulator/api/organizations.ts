import { json, type Reply } from "../http";
import type { DeploymentRecord, Subject } from "../state/records";
import type { Call, Handler } from "./call";
import { ApiError } from "./errors";
import { offsetAndLimit, parse } from "./validation";

// The organization, its Workspaces and clusters: what the Deployments say of them. The official
// client reads them before every command.

type View = Record<string, unknown> & { id: string; name: string };

/** Whoever made a record, with the fields that all kinds of subject have. */
function when({ createdAt, createdBy }: { createdAt: string; createdBy: Subject }) {
  const time = `${createdAt.slice(0, 19)}Z`;
  return { createdAt: time, createdBy, updatedAt: time, updatedBy: createdBy };
}

function organizationView({ state }: Call): View {
  const since = new Date(0).toISOString();
  return {
    id: state.organizationId,
    name: "emulated",
    product: "HOSTED",
    productPlans: [],
    status: "ACTIVE",
    isScimEnabled: false,
    hasAllowedIpAddressRanges: false,
    allowEnhancedSupportAccess: false,
    isBlockedEnableAiFeatures: false,
    shouldEnforceDedicatedClusters: false,
    ...when({ createdAt: since, createdBy: state.token.subject }),
  };
}

/** The Deployments that the token may see, one for each value of a field. */
function firstOfEach(call: Call, field: "workspaceId" | "clusterId"): DeploymentRecord[] {
  const seen = new Map<string, DeploymentRecord>();
  for (const deployment of call.state.deployments()) {
    if (call.maySee(deployment.id) && !seen.has(deployment[field])) {
      seen.set(deployment[field], deployment);
    }
  }
  return [...seen.values()];
}

function workspaces(call: Call): View[] {
  return firstOfEach(call, "workspaceId").map((deployment) => ({
    id: deployment.workspaceId,
    name: deployment.workspaceName,
    organizationId: deployment.organizationId,
    organizationName: "emulated",
    cicdEnforcedDefault: false,
    ...when(deployment),
  }));
}

function clusters(call: Call): View[] {
  return firstOfEach(call, "clusterId").map((deployment) => ({
    id: deployment.clusterId,
    name:
      deployment.clusterName ?? `${deployment.cloudProvider}-${deployment.region}`.toLowerCase(),
    organizationId: deployment.organizationId,
    cloudProvider: deployment.cloudProvider,
    region: deployment.region,
    drRegion: "",
    dbInstanceType: "Small General Purpose",
    vpcSubnetRange: "172.20.0.0/20",
    isDrEnabled: false,
    status: "CREATED",
    type: deployment.type === "HYBRID" ? "HYBRID" : "DEDICATED",
    createdAt: when(deployment).createdAt,
    updatedAt: when(deployment).createdAt,
  }));
}

/** One page of those that the query's `filters` leave. */
function page(call: Call, name: string, all: View[], filters: Record<string, "id" | "name"> = {}) {
  const { query } = call;
  const { offset, limit } = parse(offsetAndLimit, {
    offset: query.get("offset"),
    limit: query.get("limit"),
  });
  const found = all.filter((one) =>
    Object.entries(filters).every(([parameter, field]) => {
      const wanted = query.getAll(parameter);
      return wanted.length === 0 || wanted.includes(one[field]);
    }),
  );
  const items = found.slice(offset, offset + limit);
  return json(200, { [name]: items, limit, offset, totalCount: found.length });
}

function one(all: View[], what: string, id: string): Reply {
  const found = all.find((view) => view.id === id);
  if (!found) throw new ApiError(404, `${what} ${id} not found`);
  return json(200, found);
}

export const listOrganizations: Handler = (call) =>
  page(call, "organizations", [organizationView(call)]);

export const getOrganization: Handler = (call) => json(200, organizationView(call));

export const listWorkspaces: Handler = (call) =>
  page(call, "workspaces", workspaces(call), { workspaceIds: "id", names: "name" });

export const getWorkspace: Handler = (call) =>
  one(workspaces(call), "Workspace", call.param("workspaceId"));

export const listClusters: Handler = (call) =>
  page(call, "clusters", clusters(call), { names: "name" });

export const getCluster: Handler = (call) =>
  one(clusters(call), "Cluster", call.param("clusterId"));
