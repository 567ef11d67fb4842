import * as pulumi from "@pulumi/pulumi";
import { deployEtl } from "./etl";

export const { status } = deployEtl(new pulumi.Config().require("deployment"));
