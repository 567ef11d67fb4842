import { gitRequestSchema } from "../astro/requests";
import { deployTypes, type DeployGit, type GitRequest } from "../astro/types";
import { storedFingerprint } from "./inputs/fingerprint";
import type { DeployInputs } from "./inputs/table";
import { validate } from "./inputs/validate";
import type { DeployOutputs } from "./outputs";
import { withoutNulls } from "./state";
import { read } from "./read";
import type { Session } from "./session";
import { CodedError } from "../messages";

export interface Imported {
  id: string;
  /** With which the deploy is as it is declared. */
  inputs: DeployInputs;
  props: DeployOutputs;
}

/**
 * Takes over a deploy that somebody else created. What it shipped is not known: a source that is
 * declared for it later makes another deploy.
 *
 * @param name - `ORGANIZATION/DEPLOYMENT/DEPLOY`, or without the Organization.
 * @throws AstroError if there is no such deploy, Error if the name is no such name.
 */
export async function importDeploy(session: Session, name: string): Promise<Imported> {
  const { id, ...place } = parseName(name, session.settings.organizationId);
  const { props } = await read(session, id, place);
  // A look-up of what is not there has failed.
  if (!props) throw new CodedError("not-found", `There is no deploy ${id}.`);
  const inputs = inputsOf(session, { ...withoutNulls(props), ...place });
  return {
    id,
    inputs,
    props: { ...props, ...inputs, type: props.type, fingerprint: storedFingerprint(inputs) },
  };
}

function parseName(name: string, configured: string | undefined) {
  const parts = name.split("/");
  const [id, deploymentId, organizationId = configured] = parts.reverse();
  if (!id || !deploymentId || parts.length > 3) {
    throw new CodedError(
      "invalid-lookup",
      "To import a deploy, name it as ORGANIZATION/DEPLOYMENT/DEPLOY, or as DEPLOYMENT/DEPLOY, by their ids.",
    );
  }
  if (!organizationId) {
    throw new CodedError(
      "invalid-lookup",
      "The Organization is missing: name the deploy as ORGANIZATION/DEPLOYMENT/DEPLOY, or set astro:organizationId.",
    );
  }
  return { id, deploymentId, organizationId };
}

/** The inputs that make a deploy what it is, as far as its record tells. */
function inputsOf(session: Session, deploy: DeployOutputs): DeployInputs {
  const { organizationId, deploymentId, description, bundleMountPath, bundles = [], git } = deploy;
  // Of a bundle, responses may say DAG_ONLY; the mount path tells.
  const type =
    bundleMountPath === undefined
      ? deployTypes.find((known) => known === deploy.type)
      : ("BUNDLE" as const);
  if (type === undefined)
    throw new CodedError("not-importable", `A deploy of type ${deploy.type} cannot be imported.`);
  const { bundleType } = bundles.find(({ mountPath }) => mountPath === bundleMountPath) ?? {};
  const inputs: DeployInputs = {
    organizationId,
    deploymentId,
    type,
    ...(description !== undefined && { description }),
    ...(bundleMountPath !== undefined && { bundleMountPath }),
    ...(bundleType !== undefined && { bundleType }),
  };
  const commit = git && commitOf(git);
  const isAllowed =
    commit !== undefined &&
    validate({ ...inputs, git: commit }, session.settings.apiVersion).every(
      ({ property }) => !property.startsWith("git"),
    );
  return isAllowed ? { ...inputs, git: commit } : inputs;
}

/** The commit as a program declares it; undefined if the record has too little of it. */
function commitOf(git: DeployGit): GitRequest | undefined {
  const said = Object.entries(git).filter(([, value]) => value !== undefined && value !== null);
  return gitRequestSchema.safeParse(Object.fromEntries(said)).data;
}
