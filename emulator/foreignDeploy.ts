import { initialize } from "./deploying";
import { announce, shipsDags } from "./effects";
import { newId } from "./ids";
import type { DeployGit, DeployRecord, DeployType, Subject } from "./records";
import type { World } from "./world";

/** A deploy that was made by somebody else, with nothing of HTTP. */
export interface ForeignDeploy {
  /** Default `DAG_ONLY`. */
  type?: DeployType;
  description?: string;
  /** BUNDLE only. Default `dbt`. */
  bundleType?: string;
  /** BUNDLE only. Default `/usr/local/airflow/dbt/elsewhere`. */
  bundleMountPath?: string;
  /** The version that it brings. Default: a new one, without an upload behind it. */
  version?: string;
  git?: DeployGit;
  /** Who made it. Default: another user. */
  subject?: Subject;
  /** Default `DEPLOYED`; `INITIALIZED` leaves it where CreateDeploy does. */
  status?: "INITIALIZED" | "DEPLOYED" | "FAILED";
}

const somebodyElse: Subject = {
  id: newId(),
  subjectType: "USER",
  fullName: "Somebody Else",
  username: "somebody.else@example.com",
};

export function foreignDeploy(
  world: World,
  deploymentId: string,
  fields: ForeignDeploy,
): DeployRecord {
  const deployment = world.deployment(deploymentId);
  if (!deployment) throw new Error(`there is no Deployment ${deploymentId}`);
  const { type = "DAG_ONLY", description, git, status = "DEPLOYED" } = fields;
  const bundle = {
    bundleType: fields.bundleType ?? "dbt",
    bundleMountPath: fields.bundleMountPath ?? "/usr/local/airflow/dbt/elsewhere",
  };
  const subject = fields.subject ?? somebodyElse;
  const deploy = initialize(world, deployment, { type, description, git, ...bundle }, subject);
  if (status === "INITIALIZED") return deploy;

  const version = fields.version ?? world.blobs.newVersionId();
  if (type === "BUNDLE") {
    deploy.bundleTarballVersion = version;
  } else if (shipsDags(deploy)) {
    deploy.dagTarballVersion = version;
  }
  deploy.internal.finalizedAt = world.clock.now();
  announce(deploy, deployment);
  deploy.internal.outcome = { status, at: world.clock.now() };
  return world.deploy(deploy.id) ?? deploy;
}
