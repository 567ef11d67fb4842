// Without a source, the resource only sends the create request. Another tool then pushes the image,
// uploads the DAGs and finalizes the deploy.
import * as pulumi from "@pulumi/pulumi";
import { AstroDeploy } from "pulumi-astro-deploy";

const config = new pulumi.Config();

const deploy = new AstroDeploy("deploy", {
  deploymentId: config.require("deploymentId"),
  type: "IMAGE_AND_DAG",
  description: "Pushed and uploaded by another tool",
});

/** Where to push the image. */
export const image = pulumi.interpolate`${deploy.imageRepository}:${deploy.imageTag}`;
/** Where to upload the DAGs: a secret output. */
export const dagsUploadUrl = deploy.dagsUploadUrl;
