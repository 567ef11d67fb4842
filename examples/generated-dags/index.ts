// A folder of DAGs, and files that are made of the configuration and of other resources' outputs.
import * as pulumi from "@pulumi/pulumi";
import { AstroDeploy } from "pulumi-astro-deploy";

const config = new pulumi.Config();
const tables = config.getObject<string[]>("tables") ?? ["orders", "users"];
// The output of a resource, such as `bucket.id`.
const bucket = pulumi.output("acme-warehouse");

const load = (table: string) => pulumi.interpolate`"""Loads the table ${table}."""

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG("load_${table}", schedule="@daily", start_date=datetime(2026, 1, 1), catchup=False):
    BashOperator(task_id="load", bash_command="echo gs://${bucket}/${table}")
`;

const etl = new AstroDeploy("etl", {
  deploymentId: config.require("deploymentId"),
  type: "DAG_ONLY",
  dags: {
    ".": new pulumi.asset.FileArchive("./dags"),
    "config/warehouse.json": pulumi.jsonStringify({ bucket, tables }),
    ...Object.fromEntries(tables.map((table) => [`load_${table}.py`, load(table)])),
  },
});

export const status = etl.status;
