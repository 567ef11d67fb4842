import { readArchive, type Member } from "./blob/archive";
import { announce, shipsDags, shipsImage } from "./effects";
import { imageTagOf, newId } from "./ids";
import type { DeployGit, DeploymentRecord, DeployRecord, DeployType, Subject } from "./records";
import type { World } from "./world";

/** What a new deploy is made from. */
export interface NewDeploy {
  type: DeployType;
  description?: string | undefined;
  bundleType?: string | undefined;
  bundleMountPath?: string | undefined;
  git?: DeployGit | undefined;
  rollbackFromId?: string | undefined;
}

/** Makes the record of a new deploy, `INITIALIZED`. */
export function initialize(
  world: World,
  deployment: DeploymentRecord,
  fields: NewDeploy,
  subject: Subject,
): DeployRecord {
  const now = world.clock.now();
  const { behaviour } = world.settings;
  const { description, git, rollbackFromId } = fields;
  const deploy: DeployRecord = {
    id: newId(),
    deploymentId: deployment.id,
    type: fields.type,
    status: "INITIALIZED",
    createdAt: new Date(now).toISOString(),
    updatedAt: new Date(now).toISOString(),
    createdBySubject: subject,
    updatedBySubject: subject,
    imageRepository: deployment.imageRepository,
    imageTag: imageTagOf(now, behaviour.imageTagResolution),
    isDagDeployEnabled: deployment.isDagDeployEnabled,
    airflowVersion: deployment.airflowVersion,
    astroRuntimeVersion: deployment.astroRuntimeVersion,
    ...(description === undefined ? {} : { description }),
    ...(git === undefined ? {} : { git }),
    ...(rollbackFromId === undefined ? {} : { rollbackFromId }),
    ...(fields.type === "BUNDLE" ? bundleOf(fields) : {}),
    internal: {
      sequence: world.nextSequence(),
      uploadsExpireAt: now + behaviour.uploadUrlTtlMs,
    },
  };
  world.addDeploy(deploy);
  return deploy;
}

function bundleOf(fields: NewDeploy): Pick<DeployRecord, "bundleType" | "bundleMountPath"> {
  return {
    bundleType: fields.bundleType ?? "",
    bundleMountPath: fields.bundleMountPath ?? "",
  };
}

/** Where a deploy's archive is uploaded to. */
export function uploadPathOf(world: World, deploy: DeployRecord): string {
  return world.uploadPath(deploy.deploymentId, deploy.bundleMountPath);
}

/** Takes a deploy on: decides how and when it will end. */
export async function takeOn(
  world: World,
  deployment: DeploymentRecord,
  deploy: DeployRecord,
): Promise<void> {
  deploy.internal.finalizedAt = world.clock.now();
  announce(deploy, deployment);
  const plan = world.plans.take(deployment.id);
  const fault = plan.status ? undefined : await faultOf(world, deploy);
  const status = plan.status ?? (fault === undefined ? "DEPLOYED" : "FAILED");
  const reason = status === "FAILED" ? (plan.reason ?? fault ?? "The deploy failed.") : undefined;
  // Somebody may have ended it while its upload was looked at.
  deploy.internal.outcome ??= {
    status,
    ...(reason === undefined ? {} : { reason }),
    at: world.clock.now() + (plan.processingMs ?? world.settings.processingMs),
  };
}

/** What is wrong with what a deploy brings, if anything is. */
async function faultOf(world: World, deploy: DeployRecord): Promise<string | undefined> {
  if (deploy.rollbackFromId !== undefined) return undefined;
  const version = shipsDags(deploy) ? deploy.dagTarballVersion : deploy.bundleTarballVersion;
  if (version) {
    const blob = world.blobs.version(version);
    if (blob?.path !== uploadPathOf(world, deploy)) return `No upload has the version ${version}.`;
    try {
      await membersOf(world, version);
    } catch (error) {
      return `The uploaded archive cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  if (shipsImage(deploy) && world.settings.verifyImages) {
    const found = await world.settings.verifyImages(deploy.imageRepository, deploy.imageTag);
    if (!found) return `The image ${deploy.imageRepository}:${deploy.imageTag} was not pushed.`;
  }
  return undefined;
}

/** The members of an uploaded archive. */
export async function membersOf(world: World, version: string): Promise<Member[]> {
  const blob = world.blobs.version(version);
  if (!blob) throw new Error(`no upload has the version ${version}`);
  return readArchive(world.blobs.read(blob));
}
