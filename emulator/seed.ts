import type { Clock } from "./clock";
import { imageTagOf, newId } from "./ids";
import type { DeploymentRecord, DeploymentSeed, Subject } from "./records";

/** A Deployment with everything that its seed leaves out. */
export function deploymentOf(
  { remoteExecution, ...seed }: DeploymentSeed & { id: string },
  place: { organizationId: string; registry: string; clock: Clock },
): DeploymentRecord {
  const created = place.clock.iso();
  const creator: Subject = {
    id: newId(),
    subjectType: "USER",
    fullName: "Emulated User",
    username: "user@example.com",
  };
  const runtime = seed.astroRuntimeVersion ?? seed.runtimeVersion ?? "3.0-1";
  const name = seed.name ?? `deployment-${seed.id.slice(-4)}`;
  const host = `${seed.id}.astronomer.run`;
  const tag = imageTagOf(place.clock.now(), "second");
  return {
    name,
    organizationId: place.organizationId,
    workspaceId: newId(),
    workspaceName: "emulated",
    namespace: `emulated-${seed.id.slice(-6)}`,
    status: "HEALTHY",
    type: "STANDARD",
    executor: "ASTRO",
    cloudProvider: "AWS",
    region: "us-east-1",
    clusterId: newId(),
    isDagDeployEnabled: true,
    isCicdEnforced: false,
    isDevelopmentMode: false,
    isHighAvailability: false,
    airflowVersion: "3.0.0",
    astroRuntimeVersion: runtime,
    runtimeVersion: runtime,
    imageRepository: `${place.registry}/${place.organizationId}/${seed.id}`,
    imageTag: tag,
    imageVersion: tag,
    bundles: [],
    webServerUrl: `${host}/d${seed.id.slice(-6)}`,
    webServerIngressHostname: host,
    webServerAirflowApiUrl: `${host}/d${seed.id.slice(-6)}/api/v2`,
    webServerCpu: "1",
    webServerMemory: "2Gi",
    apiUrl: `${host}/api/d${seed.id.slice(-6)}`,
    uiUrl: `https://${host}/d${seed.id.slice(-6)}`,
    schedulerCpu: "1",
    schedulerMemory: "2Gi",
    schedulerReplicas: 1,
    schedulerSize: "SMALL",
    createdAt: created,
    updatedAt: created,
    createdBy: creator,
    updatedBy: creator,
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
