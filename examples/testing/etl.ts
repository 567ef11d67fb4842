// A function, so that each test can declare the resources again.
import type * as pulumi from "@pulumi/pulumi";
import { AstroDeploy, getDeploymentOutput, type DeployStatus } from "pulumi-astro-deploy";

/** Deploys the DAGs to the Deployment of a name. */
export function deployEtl(name: string, dags = "./dags"): { status: pulumi.Output<DeployStatus> } {
  const deployment = getDeploymentOutput({ name });
  const etl = new AstroDeploy("etl", { deploymentId: deployment.id, type: "DAG_ONLY", dags });
  return { status: etl.status };
}
