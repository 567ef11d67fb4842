import { createHash } from "node:crypto";
import type { Clock } from "../clock";
import type { Settings } from "../options";
import { airflowVersionOf } from "../runtimes";
import { imageTagOf, newId, type DeploymentRecord, type DeploymentSeed } from "./records";

/** The id of what all Deployments share unless their seeds say otherwise: the same at each start. */
function idOf(what: string, organizationId: string): string {
  return `c${createHash("sha256").update(`${what} ${organizationId}`).digest("hex").slice(0, 24)}`;
}

/** A Deployment with everything that its seed leaves out. */
export function deploymentOf(
  { remoteExecution, ...seed }: DeploymentSeed & { id: string },
  emulator: { organizationId: string; settings: Settings; clock: Clock },
): DeploymentRecord {
  const { organizationId, settings, clock } = emulator;
  const created = clock.iso();
  const creator = {
    id: newId(),
    subjectType: "USER",
    fullName: "Emulated User",
    username: "user@example.com",
  } as const;
  const runtime = seed.astroRuntimeVersion ?? seed.runtimeVersion ?? "3.0-1";
  const host = `${seed.id}.astronomer.run`;
  const suffix = seed.id.slice(-6);
  const tag = imageTagOf(clock.now(), "second");
  return {
    name: `deployment-${seed.id.slice(-4)}`,
    organizationId,
    workspaceId: idOf("workspace", organizationId),
    workspaceName: "emulated",
    namespace: `emulated-${suffix}`,
    status: "HEALTHY",
    type: "STANDARD",
    executor: "ASTRO",
    cloudProvider: "AWS",
    region: "us-east-1",
    clusterId: idOf("cluster", organizationId),
    isDagDeployEnabled: true,
    isCicdEnforced: false,
    isDevelopmentMode: false,
    isHighAvailability: false,
    airflowVersion: airflowVersionOf(runtime),
    astroRuntimeVersion: runtime,
    runtimeVersion: runtime,
    imageRepository: `${settings.registry}/${organizationId}/${seed.id}`,
    imageTag: tag,
    imageVersion: tag,
    bundles: [],
    webServerIngressHostname: host,
    webServerCpu: "1",
    webServerMemory: "2Gi",
    apiUrl: `${host}/api/d${suffix}`,
    uiUrl: `https://${host}/d${suffix}`,
    schedulerCpu: "1",
    schedulerMemory: "2Gi",
    schedulerReplicas: 1,
    schedulerSize: "SMALL",
    createdAt: created,
    updatedAt: created,
    createdBy: creator,
    updatedBy: creator,
    internal: {},
    ...seed,
    ...(remoteExecution && {
      remoteExecution: {
        allowedIpAddressRanges: [],
        remoteApiUrl: `https://${host}/remote`,
        ...remoteExecution,
      },
    }),
  };
}
