// One folder to many Deployments: it is packed once and uploaded in parallel.
import * as pulumi from "@pulumi/pulumi";
import { AstroDeploy } from "pulumi-astro-deploy";

const config = new pulumi.Config();

const deploys = config
  .requireObject<string[]>("deploymentIds")
  .map(
    (deploymentId) =>
      new AstroDeploy(deploymentId, { deploymentId, type: "DAG_ONLY", dags: "./dags" }),
  );

export const statuses = pulumi.all(deploys.map((deploy) => deploy.status));
