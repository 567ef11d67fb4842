import * as pulumi from "@pulumi/pulumi";
import { AstroDeploy } from "pulumi-astro-deploy";

const config = new pulumi.Config();

const shop = new AstroDeploy("shop", {
  deploymentId: config.require("deploymentId"),
  type: "BUNDLE",
  bundle: "./shop",
  bundleType: "dbt",
  exclude: ["target/", "logs/", "dbt_packages/"],
  // `pulumi destroy` removes the bundle from the Deployment.
  removeBundleOnDelete: true,
});

export const status = shop.status;
