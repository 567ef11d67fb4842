import type { DeployType } from "../../astro/types";
import type { Session } from "../session";
import type { Declaration } from "../inputs/declaration";
import { isManaged, type DeployInputs } from "../inputs/table";
import { capitalize } from "../text";

const uploadDags = "upload the DAGs to its output dagsUploadUrl";
const pushImage = "push the image to its outputs imageRepository and imageTag";

/** By type: what is left to the program, and what would have the resource do it. */
const leftToDo: Record<DeployType, { steps: string; sources: string }> = {
  DAG_ONLY: { steps: uploadDags, sources: "dags" },
  IMAGE_ONLY: { steps: pushImage, sources: "image" },
  IMAGE_AND_DAG: { steps: `${pushImage}, ${uploadDags}`, sources: "image and dags" },
  BUNDLE: { steps: "upload the bundle to its output bundleUploadUrl", sources: "bundle" },
};

/**
 * Says that a deploy which is about to be made ships nothing by itself. A source that is missing
 * by mistake looks the same, so what hints at that makes it a warning.
 */
export function reportNoSource(
  { declarations, reporter }: Session,
  declaration: Declaration,
  inputs: DeployInputs,
): void {
  const { type, wait } = inputs;
  if (isManaged(inputs) || !Object.hasOwn(leftToDo, type)) return;
  const lost = declaration.undefinedArgs.filter((arg) => arg !== "git");
  const hints = [
    ...lost.map((arg) => `${arg} is undefined`),
    ...(declarations.hadSource(declaration) ? ["the deploy before it shipped something"] : []),
    ...(wait === true ? ["wait: true has nothing to wait for"] : []),
  ];
  const { steps, sources } = leftToDo[type];
  const reason = hints.length > 0 ? hints.join(", and ") : `it has no ${sources}`;
  declarations.reportOnce(
    declaration,
    `nothing is shipped, since ${reason}. ${capitalize(steps)} and finalize the deploy, or set ${sources}.`,
    (message) => {
      if (hints.length > 0) reporter.warning(message, "nothing-shipped");
      else reporter.notice(message, "nothing-shipped");
    },
  );
}
