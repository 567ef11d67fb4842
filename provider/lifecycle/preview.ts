import { AstroError } from "../astro/error";
import { ImageError, type ImageInfo } from "../image/info";
import { findObstacles } from "./deploy/prepare";
import { isUnfinished } from "./diff";
import { imageSource, inspectOnce } from "./sources/sources";
import { isManaged, type DeployInputs } from "./inputs/table";
import { hasUnknown, unknownValue } from "./inputs/unknownValue";
import { plannedOutputs, type DeployOutputs } from "./outputs";
import type { Session } from "./session";
import { capitalize } from "./text";

/** A preview is not to wait long for what `pulumi up` finds out anyway. */
const longestReadMs = 10_000;

/**
 * What a preview knows of the deploy that `create` would make. Warns of what the Deployment would
 * refuse now, if there is a token to ask with.
 */
export async function previewCreate(
  session: Session,
  inputs: DeployInputs,
): Promise<Record<string, unknown>> {
  await warnOfObstacles(session, inputs);
  return plannedOutputs(inputs);
}

/** What a preview knows of what `update` would do: a deploy that is resumed comes to another status. */
export function previewUpdate(olds: DeployOutputs, inputs: DeployInputs): Record<string, unknown> {
  const open = isUnfinished(olds, inputs)
    ? { status: unknownValue, statusReason: unknownValue, updatedAt: unknownValue }
    : {};
  return { ...olds, ...inputs, ...open };
}

async function warnOfObstacles(session: Session, inputs: DeployInputs): Promise<void> {
  const { organizationId, deploymentId, type, dagsFiles } = inputs;
  if (session.settings.token === undefined || !isManaged(inputs)) return;
  if (hasUnknown([organizationId, deploymentId, type])) return;
  const { reporter } = session;
  const label = session.declarations.labelOf(inputs);
  try {
    const deadline = Date.now() + longestReadMs;
    const deployment = await session.client().getDeployment(inputs, deadline);
    if (deployment.status === "CREATING") return;
    const { dagsFiles: _, ...others } = inputs;
    const known = hasUnknown(dagsFiles) ? others : inputs;
    const image = await imageInfo(session, inputs);
    for (const obstacle of await findObstacles(session, known, deployment, image)) {
      reporter.warning(`${label}: \`pulumi up\` would fail now: ${obstacle.text}`, obstacle.code);
    }
  } catch (error) {
    if (!(error instanceof AstroError)) throw error;
    const text = `${label}: it is not known whether the Deployment would take the deploy. ${capitalize(error.message)}`;
    // What Astro itself answers, it will answer again.
    if (error.status === undefined) reporter.notice(text, "deployment-unknown");
    else reporter.warning(text, error.messageCode);
  }
}

/** What `check` has found out. Undefined if the image is not known, or cannot be read. */
async function imageInfo(session: Session, inputs: DeployInputs): Promise<ImageInfo | undefined> {
  if (hasUnknown(inputs.image)) return undefined;
  const image = imageSource(inputs, session.declarations.of(inputs).folder);
  if (!image) return undefined;
  try {
    return await inspectOnce(session, image);
  } catch (error) {
    if (error instanceof ImageError) return undefined;
    throw error;
  }
}
