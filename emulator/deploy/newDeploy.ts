import {
  imageTagOf,
  newId,
  type DeployGit,
  type DeploymentRecord,
  type DeployRecord,
  type DeployType,
  type Subject,
} from "../state/records";
import type { EmulatorState } from "../state/state";
import { setDesired, shipsDags } from "./effects";

/** What a new deploy is made from. */
type NewDeploy = Pick<
  DeployRecord,
  "type" | "description" | "bundleType" | "bundleMountPath" | "git" | "rollbackFromId"
>;

/** Adds the record of a new deploy, `INITIALIZED`. */
export function addDeploy(
  state: EmulatorState,
  deployment: DeploymentRecord,
  fields: NewDeploy,
  subject: Subject,
): DeployRecord {
  const now = state.clock.now();
  const { imageTagResolution, uploadUrlTtlMs } = state.settings.behaviour;
  const isBundle = fields.type === "BUNDLE";
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
    imageTag: imageTagOf(now, imageTagResolution),
    isDagDeployEnabled: deployment.isDagDeployEnabled,
    airflowVersion: deployment.airflowVersion,
    astroRuntimeVersion: deployment.astroRuntimeVersion,
    description: fields.description,
    git: fields.git,
    rollbackFromId: fields.rollbackFromId,
    bundleType: isBundle ? (fields.bundleType ?? "") : undefined,
    bundleMountPath: isBundle ? (fields.bundleMountPath ?? "") : undefined,
    internal: { sequence: state.nextSequence(), uploadsExpireAt: now + uploadUrlTtlMs },
  };
  state.addDeploy(deploy);
  return deploy;
}

/** A deploy that somebody else made, without a request to the API. */
export interface ForeignDeploy {
  /** Default `DAG_ONLY`. */
  type?: DeployType | undefined;
  description?: string | undefined;
  /** BUNDLE only. Default `dbt`. */
  bundleType?: string | undefined;
  /** BUNDLE only. Default `/usr/local/airflow/dbt/elsewhere`. */
  bundleMountPath?: string | undefined;
  /** The version that it brings. Default: a new one, without an upload behind it. */
  version?: string | undefined;
  git?: DeployGit | undefined;
  /** Who made it. Default: another user. */
  subject?: Subject | undefined;
  /** Default `DEPLOYED`; `INITIALIZED`: as CreateDeploy leaves it. */
  status?: "INITIALIZED" | "DEPLOYED" | "FAILED" | undefined;
}

const somebodyElse: Subject = {
  id: newId(),
  subjectType: "USER",
  fullName: "Somebody Else",
  username: "somebody.else@example.com",
};

export function addForeignDeploy(
  state: EmulatorState,
  deploymentId: string,
  { status = "DEPLOYED", version, subject = somebodyElse, ...fields }: ForeignDeploy,
): DeployRecord {
  const deployment = state.deployment(deploymentId);
  if (!deployment) throw new Error(`there is no Deployment ${deploymentId}`);
  const {
    type = "DAG_ONLY",
    bundleType = "dbt",
    bundleMountPath = "/usr/local/airflow/dbt/elsewhere",
  } = fields;
  const made = { ...fields, type, bundleType, bundleMountPath };
  const deploy = addDeploy(state, deployment, made, subject);
  if (status === "INITIALIZED") return deploy;

  const shipped = version ?? state.blobs.newVersionId();
  if (deploy.type === "BUNDLE") {
    deploy.bundleTarballVersion = shipped;
  } else if (shipsDags(deploy)) {
    deploy.dagTarballVersion = shipped;
  }
  deploy.internal.finalizedAt = state.clock.now();
  setDesired(deploy, deployment);
  deploy.internal.outcome = { status, at: state.clock.now() };
  state.settle();
  return deploy;
}
