import type { Context } from "./context";
import type { DeployOutputs } from "./outputs";
import { hadTurn } from "./turns";

/**
 * Forgets the deploy. The service keeps every deploy in the Deployment's history and has no
 * delete; what was deployed keeps running.
 */
export function remove(context: Context, id: string, props: Partial<DeployOutputs>): void {
  const deploymentId = props.deploymentId ?? "";
  // A deploy that another one has just replaced needs no word of farewell.
  if (hadTurn(deploymentId)) return;
  context.report(
    `${id}: no longer managed. Astro keeps it in the history of Deployment ${deploymentId}, and what it deployed keeps running.`,
  );
}
