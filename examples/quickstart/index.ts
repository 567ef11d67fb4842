import * as pulumi from "@pulumi/pulumi";
import { AstroDeploy } from "pulumi-astro-deploy";

const config = new pulumi.Config();

const etl = new AstroDeploy("etl", {
  deploymentId: config.require("deploymentId"),
  type: "DAG_ONLY",
  dags: config.get("dags") ?? "./dags",
});

export const deployId = etl.id;
export const status = etl.status;
export const dagTarballVersion = etl.dagTarballVersion;
