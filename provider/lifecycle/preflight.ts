import type { AstroClient } from "../astro/client";
import type { DeployInputs } from "./inputs";

/**
 * Reads the Deployment once, before anything is created, and refuses what the service would
 * refuse only after the deploy exists.
 *
 * @throws Error with one sentence and its remedy.
 */
export async function preflight(client: AstroClient, inputs: DeployInputs): Promise<void> {
  const deployment = await client.getDeployment(inputs);
  if (!deployment.isDagDeployEnabled && inputs.type !== "IMAGE_AND_DAG") {
    throw new Error(
      `DAG deploys are off on the Deployment ${deployment.name} (${deployment.id}), so it takes deploys of type IMAGE_AND_DAG only, not ${inputs.type}. Turn DAG deploys on for the Deployment, or deploy an image that holds the DAGs.`,
    );
  }
}
