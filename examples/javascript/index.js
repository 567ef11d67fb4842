"use strict";
const pulumi = require("@pulumi/pulumi");
const { AstroDeploy, gitFromCheckout } = require("pulumi-astro-deploy");

const config = new pulumi.Config();

const etl = new AstroDeploy("etl", {
  deploymentId: config.require("deploymentId"),
  type: "DAG_ONLY",
  dags: "./dags",
  exclude: ["__pycache__/", "*.md"],
  // The last commit that changed the folder; undefined outside a Git checkout.
  git: gitFromCheckout("./dags"),
});

exports.deployId = etl.id;
exports.status = etl.status;
