import { uploadPathOf } from "./deploying";
import type { ApiVersion } from "./options";
import type { DeploymentRecord, DeployRecord } from "./records";
import type { World } from "./world";

/** A record as a response shows it. */
type View = Record<string, unknown>;

/** The service documents times without fractions of a second. */
function time(world: World, iso: string): string {
  return world.settings.behaviour.timestamps === "seconds" ? `${iso.slice(0, 19)}Z` : iso;
}

/** What the service keeps to itself does not leave the emulator. */
function without<T extends object>(record: T, ...hidden: (keyof T & string)[]): View {
  return Object.fromEntries(
    Object.entries(record).filter(([name]) => !(hidden as string[]).includes(name)),
  );
}

/** Fields of a deploy that an API version takes in requests and does not have in its answers. */
const unanswered: Readonly<Record<ApiVersion, readonly (keyof DeployRecord)[]>> = {
  v1beta1: ["git"],
  v1: [],
};

const optionalFields = ["createdBySubject", "updatedAt", "updatedBySubject"] as const;

/** A deploy as CreateDeploy (`isNew`) and all other operations answer it. */
export function deployView(
  { world, apiVersion }: { world: World; apiVersion: ApiVersion },
  deployment: DeploymentRecord,
  deploy: DeployRecord,
  isNew = false,
): View {
  const { behaviour } = world.settings;
  const { statusReason } = deploy;
  const hidden: (keyof DeployRecord)[] = [
    ...(["internal", "bundleType", "bundleTarballVersion", "statusReason"] as const),
    ...unanswered[apiVersion],
    ...(behaviour.optionalFields === "absent" ? optionalFields : []),
    ...(behaviour.unfinishedVersion === "hidden" && deploy.status === "INITIALIZED"
      ? (["dagTarballVersion"] as const)
      : []),
  ];
  return {
    ...without({ ...deploy, updatedAt: time(world, deploy.updatedAt) }, ...hidden),
    type: deploy.type === "BUNDLE" ? behaviour.bundleDeployType : deploy.type,
    createdAt: time(world, deploy.createdAt),
    bundles: deploy.bundles ?? deployment.bundles,
    ...(behaviour.statusReason && statusReason !== undefined ? { statusReason } : {}),
    ...uploadUrls(world, deploy, isNew),
  };
}

/** Present only where DAG deploys are on; rollbacks take no upload. */
function uploadUrls(world: World, deploy: DeployRecord, isNew: boolean): View {
  const { uploadUrls: where, uploadUrlTtlMs } = world.settings.behaviour;
  const isShown = deploy.isDagDeployEnabled && deploy.rollbackFromId === undefined;
  if (!isShown || (where === "createOnly" && !isNew)) return {};
  const expiresAt =
    where === "freshEverywhere"
      ? world.clock.now() + uploadUrlTtlMs
      : deploy.internal.uploadsExpireAt;
  const dags = world.uploadUrl(world.uploadPath(deploy.deploymentId), expiresAt);
  if (deploy.type !== "BUNDLE") return { dagsUploadUrl: dags };
  const bundle = world.uploadUrl(uploadPathOf(world, deploy), expiresAt);
  return { dagsUploadUrl: dags, bundleUploadUrl: bundle };
}

export function deploymentView(world: World, deployment: DeploymentRecord): View {
  return {
    ...without(deployment, "bundles"),
    createdAt: time(world, deployment.createdAt),
    updatedAt: time(world, deployment.updatedAt),
  };
}
