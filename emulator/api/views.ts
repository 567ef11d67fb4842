import { airflowGeneration } from "../airflow/endpoint";
import { uploadPath } from "../blob/uploadUrl";
import type { DeploymentRecord, DeployRecord, HibernationOverride } from "../state/records";
import type { EmulatorState } from "../state/state";
import type { Call } from "./call";

/** A record as a response shows it. */
type View = Record<string, unknown>;

/** The service documents times without fractions of a second. */
function time(state: EmulatorState, iso: string): string {
  return state.settings.behaviour.timestamps === "seconds" ? `${iso.slice(0, 19)}Z` : iso;
}

/** A deploy as CreateDeploy (`isNew`) and all other operations answer it. */
export function deployView(
  { state, apiVersion, deployment }: Call,
  { internal, bundleType, bundleTarballVersion, ...deploy }: DeployRecord,
  isNew = false,
): View {
  const { behaviour } = state.settings;
  const view: View = {
    ...deploy,
    type: deploy.type === "BUNDLE" ? behaviour.bundleDeployType : deploy.type,
    createdAt: time(state, deploy.createdAt),
    updatedAt: time(state, deploy.updatedAt),
    bundles: deploy.bundles ?? deployment.bundles,
  };
  // v1beta1 takes `git` in requests and does not have it in its answers.
  if (apiVersion === "v1beta1") delete view.git;
  if (!behaviour.statusReason) delete view.statusReason;
  if (behaviour.optionalFields === "absent") {
    delete view.createdBySubject;
    delete view.updatedAt;
    delete view.updatedBySubject;
  }
  if (behaviour.unfinishedVersion === "hidden" && deploy.status === "INITIALIZED") {
    delete view.dagTarballVersion;
  }
  return { ...view, ...uploadUrls(state, { ...deploy, internal }, isNew) };
}

/** Present only if DAG deploys are on; rollbacks take no upload. */
function uploadUrls(state: EmulatorState, deploy: DeployRecord, isNew: boolean): View {
  const { uploadUrls: shown, uploadUrlTtlMs } = state.settings.behaviour;
  const takesUpload = deploy.isDagDeployEnabled && deploy.rollbackFromId === undefined;
  if (!takesUpload || (shown === "createOnly" && !isNew)) return {};
  const expiresAt =
    shown === "freshEverywhere"
      ? state.clock.now() + uploadUrlTtlMs
      : deploy.internal.uploadsExpireAt;
  const { deploymentId } = deploy;
  const dagsUploadUrl = state.uploadUrl(uploadPath({ deploymentId }), expiresAt);
  if (deploy.type !== "BUNDLE") return { dagsUploadUrl };
  return { dagsUploadUrl, bundleUploadUrl: state.uploadUrl(uploadPath(deploy), expiresAt) };
}

export function deploymentView(
  state: EmulatorState,
  { bundles, internal, scalingSpec, ...deployment }: DeploymentRecord,
): View {
  const override = scalingSpec?.hibernationSpec.override;
  const airflow = state.airflowUrl(deployment.id);
  const generation = airflowGeneration(deployment.airflowVersion);
  return {
    defaultTaskPodCpu: "0.25",
    defaultTaskPodMemory: "0.5Gi",
    resourceQuotaCpu: "10",
    resourceQuotaMemory: "20Gi",
    webServerUrl: airflow,
    webServerAirflowApiUrl: `${airflow}/api/${generation}`,
    ...deployment,
    createdAt: time(state, deployment.createdAt),
    updatedAt: time(state, deployment.updatedAt),
    ...(override && {
      scalingSpec: { hibernationSpec: { override: hibernationOverrideView(state, override) } },
    }),
  };
}

export function hibernationOverrideView(
  state: EmulatorState,
  { overrideUntil, ...override }: HibernationOverride,
): View {
  return {
    ...override,
    ...(overrideUntil !== undefined && { overrideUntil: time(state, overrideUntil) }),
  };
}
