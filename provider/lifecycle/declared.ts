import type { Context } from "./context";
import type { DeployInputs } from "./inputs";
import { areInOnePlace } from "./overlap";

/** By what runs the steps: what the engine has said in this process that the program declares. */
const all = new WeakMap<Context, Partial<DeployInputs>[]>();

export function rememberDeclared(context: Context, inputs: Partial<DeployInputs>): void {
  all.set(context, [...declaredHere(context), inputs]);
}

/** Nothing in a `pulumi destroy`, in which the engine does not say it. */
export function declaredHere(context: Context): readonly Partial<DeployInputs>[] {
  return all.get(context) ?? [];
}

/** Whether the program declares a deploy to the place of one that is deleted. */
export function isDeclaredBeside(
  context: Context,
  place: Pick<DeployInputs, "organizationId" | "deploymentId" | "bundleMountPath"> & {
    type: string;
  },
): boolean {
  return declaredHere(context).some(
    ({ organizationId, deploymentId, type, bundleMountPath, rollbackTo }) =>
      organizationId === place.organizationId &&
      deploymentId === place.deploymentId &&
      type !== undefined &&
      areInOnePlace(place, { type, bundleMountPath, rollbackFromId: rollbackTo }),
  );
}
