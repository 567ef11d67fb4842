import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DeployRecord, Emulator, Fault, Operation } from "../../emulator";
import type { FakeEngine } from "../helpers/lifecycle";
import { createOnce, read, slowWrite, upload, write, writeOnce, type Rule } from "./rules";

/** A call to disturb. */
export interface Column {
  /** Default: the operation. */
  name?: string;
  operation: Operation;
  /** What becomes of it. */
  rule: Rule;
  /** How many such calls of the same `up` to let pass first. Default 0. */
  skip?: number;
  /** What has gone wrong before it. */
  given?: readonly Fault[];
  /** How long the service takes from finalize to the end, in milliseconds. Default 100. */
  processingMs?: number;
  /** The deploy ends when it is read for the n-th time after its finalize, and not by time. */
  endsAtRead?: number;
}

/** What a program asks for, and the calls that come of it. */
export interface Scene {
  title: string;
  /** In the order of the calls. */
  columns: readonly Column[];
  /** The arguments of the resource, and what has to be there before it. */
  args: (emulator: Emulator, folders: Folders) => Record<string, unknown>;
  /** What comes before the operation that is disturbed. */
  begin?: (stage: FakeEngine, emulator: Emulator) => Promise<void>;
  /** The operation that is disturbed. Default `up`. */
  act?: (stage: FakeEngine) => Promise<Error | undefined>;
  /** Which of the Deployment's deploys the operation asks for. Default all. */
  asked?: (deploy: DeployRecord) => boolean;
  /** The status at the end. Default `DEPLOYED`. */
  end?: DeployRecord["status"];
}

/** Where things are on the disk. */
export interface Folders {
  /** For what Pulumi keeps. */
  home: string;
  dags: string;
  bundle: string;
  /** Too large for one request, by {@link smallLimits}. */
  large: string;
}

/** How archives are cut, in bytes, so that a few make up many blocks. */
export const smallLimits = { singlePut: 4096, block: 4096, parallelBlocks: 2 };

export function writeFolders(home: string): Folders {
  const file = (name: string, content: string | Buffer) => {
    const path = join(home, name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, content);
  };
  file("dags/dag.py", "a = 1\n");
  file("bundle/dbt_project.yml", "name: shop\n");
  // Does not become smaller by gzip.
  file("large/dag.py", randomBytes(3 * smallLimits.block));
  mkdirSync(join(home, "pulumi"));
  return {
    home: join(home, "pulumi"),
    dags: join(home, "dags"),
    bundle: join(home, "bundle"),
    large: join(home, "large"),
  };
}

const dagsArgs = (_: Emulator, { dags }: Folders) => ({ type: "DAG_ONLY", dags });
const bundleArgs = (_: Emulator, { bundle }: Folders) => ({
  type: "BUNDLE",
  bundleType: "dbt",
  bundleMountPath: "/usr/local/airflow/dbt/shop",
  bundle,
});
const lost = (operation: Operation): Fault => ({ operation, how: "reset", when: "after" });

export const scenes: readonly Scene[] = [
  {
    title: "DAGs",
    args: dagsArgs,
    columns: [
      { operation: "GetDeployment", rule: read("none") },
      { operation: "CreateDeploy", rule: write("none") },
      { operation: "PutBlob", rule: upload },
      { operation: "FinalizeDeploy", rule: write("kept") },
      { operation: "GetDeploy", rule: read("kept") },
      {
        name: "GetDeploy again",
        operation: "GetDeploy",
        rule: read("kept"),
        skip: 1,
        endsAtRead: 2,
      },
    ],
  },
  {
    title: "DAGs, after an answer that was lost",
    args: dagsArgs,
    columns: [
      {
        name: "CreateDeploy, then ListDeploys",
        operation: "ListDeploys",
        rule: read("noted"),
        given: [lost("CreateDeploy")],
      },
      {
        name: "FinalizeDeploy, then GetDeploy",
        operation: "GetDeploy",
        rule: read("kept"),
        given: [lost("FinalizeDeploy")],
      },
    ],
  },
  {
    title: "DAGs, of a deploy that the `up` before could not finish",
    args: dagsArgs,
    begin: async (stage, emulator) => {
      emulator.fail({ operation: "PutBlob", how: { status: 400 } });
      assert.ok(await stage.up());
      assert.ok(stage.resource);
    },
    columns: [
      { operation: "GetDeploy", rule: read("kept") },
      { operation: "ListDeploys", rule: read("kept") },
      { operation: "GetDeployment", rule: read("kept") },
      { operation: "PutBlob", rule: upload },
    ],
  },
  {
    title: "DAGs in blocks",
    args: (_, { large }) => ({ type: "DAG_ONLY", dags: large }),
    columns: [
      { operation: "PutBlock", rule: upload },
      { name: "PutBlock again", operation: "PutBlock", rule: upload, skip: 2 },
      { operation: "PutBlockList", rule: upload },
    ],
  },
  {
    title: "a bundle",
    args: bundleArgs,
    columns: [
      { operation: "CreateDeploy", rule: write("none") },
      { operation: "PutBlob", rule: upload },
      // Of a bundle, unlike of DAGs, only the status tells that it was finalized.
      { operation: "FinalizeDeploy", rule: write("kept"), processingMs: 0 },
      {
        name: "FinalizeDeploy, slow",
        operation: "FinalizeDeploy",
        rule: slowWrite("kept"),
        endsAtRead: 5,
      },
      { operation: "GetDeploy", rule: read("kept") },
    ],
  },
  {
    title: "a rollback",
    args: (emulator) => {
      const [deployment] = emulator.deployments;
      assert.ok(deployment);
      const target = emulator.foreignDeploy(deployment.id);
      emulator.foreignDeploy(deployment.id);
      // The service gives whole seconds: what was begun in the same one may have come later.
      emulator.advance(2000);
      return { type: "DAG_ONLY", rollbackTo: target.id };
    },
    asked: ({ rollbackFromId }) => rollbackFromId !== undefined,
    columns: [
      { operation: "GetDeployment", rule: read("none") },
      { operation: "ListDeploys", rule: read("none") },
      { operation: "DeployRollback", rule: writeOnce("none") },
      {
        name: "DeployRollback, then ListDeploys",
        operation: "ListDeploys",
        rule: read("noted"),
        skip: 1,
        given: [lost("DeployRollback")],
      },
      { operation: "GetDeploy", rule: read("kept") },
    ],
  },
  {
    title: "the removal of a bundle",
    args: (...all) => ({ ...bundleArgs(...all), removeBundleOnDelete: true }),
    begin: async (stage) => {
      assert.equal(await stage.up(), undefined);
    },
    act: (stage) => stage.destroy(),
    asked: ({ description = "" }) => description.startsWith("Removes the bundle"),
    columns: [
      { operation: "ListDeploys", rule: read("kept") },
      { operation: "CreateDeploy", rule: createOnce("kept") },
      { operation: "FinalizeDeploy", rule: write("kept") },
      { operation: "GetDeploy", rule: read("kept") },
    ],
  },
  {
    title: "the POST alone",
    args: () => ({ type: "DAG_ONLY" }),
    end: "INITIALIZED",
    // No answer before it has told the service's clock.
    columns: [{ operation: "CreateDeploy", rule: write("none") }],
  },
];
