import { readArchive, type Member } from "../blob/archive";
import { uploadPath } from "../blob/uploadUrl";
import { messageOf } from "../http";
import type { DeploymentRecord, DeployRecord } from "../state/records";
import type { EmulatorState } from "../state/state";
import { setDesired, shipsDags, shipsImage } from "./effects";

/** How the processing of a finalized deploy ends: it is decided now, and happens when it is due. */
export async function startProcessing(
  state: EmulatorState,
  deployment: DeploymentRecord,
  deploy: DeployRecord,
): Promise<void> {
  deploy.internal.finalizedAt = state.clock.now();
  setDesired(deploy, deployment);
  const plan = state.planFor(deployment.id);
  const problem = plan.status ? undefined : await problemOf(state, deploy);
  const status = plan.status ?? (problem === undefined ? "DEPLOYED" : "FAILED");
  const reason = status === "FAILED" ? (plan.reason ?? problem ?? "The deploy failed.") : undefined;
  const processingMs = plan.processingMs ?? state.settings.processingMs;
  // A test may have ended it while its upload was looked at.
  const { rolloutMs, unhealthy } = plan;
  const at = state.clock.now() + processingMs;
  deploy.internal.outcome ??= { status, reason, at, rolloutMs, unhealthy };
  state.settle();
}

/** Ends a deploy now, finalized or not. */
export function finishDeploy(
  state: EmulatorState,
  deployId: string,
  status: "DEPLOYED" | "FAILED" = "DEPLOYED",
  reason?: string,
): void {
  const deploy = state.deploy(deployId);
  if (!deploy) throw new Error(`there is no deploy ${deployId}`);
  if (deploy.status === status) return;
  if (deploy.status !== "INITIALIZED") {
    throw new Error(`deploy ${deployId} is ${deploy.status} already`);
  }
  deploy.internal.finalizedAt ??= state.clock.now();
  deploy.internal.outcome = {
    ...deploy.internal.outcome,
    status,
    reason,
    at: state.clock.now(),
  };
}

/** What is wrong with what a deploy ships, if anything is. */
async function problemOf(state: EmulatorState, deploy: DeployRecord): Promise<string | undefined> {
  if (deploy.rollbackFromId !== undefined) return undefined;
  const version = shipsDags(deploy) ? deploy.dagTarballVersion : deploy.bundleTarballVersion;
  if (version) {
    const blob = state.blobs.version(version);
    if (blob?.path !== uploadPath(deploy)) return `No upload has the version ${version}.`;
    try {
      await membersOf(state, version);
    } catch (error) {
      return `The uploaded archive cannot be unpacked: ${messageOf(error)}`;
    }
  }
  const { verifyImages } = state.settings;
  if (shipsImage(deploy) && verifyImages) {
    const { imageRepository, imageTag } = deploy;
    const image = `${imageRepository}:${imageTag}`;
    try {
      if (await verifyImages(imageRepository, imageTag)) return undefined;
      return `The image ${image} was not pushed.`;
    } catch (error) {
      return `It is not known whether the image ${image} was pushed: ${messageOf(error)}`;
    }
  }
  return undefined;
}

/** The members of an uploaded archive. */
export async function membersOf(state: EmulatorState, version: string): Promise<Member[]> {
  return readArchive(state.blobs.read(version));
}
