import assert from "node:assert/strict";
import type { DeploymentSeed } from "../../emulator";
import { setScene, shop as bundle, type Scene } from "../helpers/declared";
import type { Run, StateResource } from "../helpers/engine";

const dags = { type: "DAG_ONLY", dags: "./dags" };

const isOff = (name: string, allowed: string) =>
  `DAG deploys are off on the ${name}, so it takes deploys of type ${allowed} only: turn DAG deploys on for it, or deploy an image that holds the DAGs.`;

interface Case {
  deployment: DeploymentSeed;
  args: Record<string, unknown>;
  /** What is told where the deploy is refused. */
  sentence?: (name: string) => string;
}

/** Deploys by what they ship. Those of images are in images.test.ts, for they need a registry. */
const cases: Record<string, Case> = {
  "refuses DAGs where DAG deploys are off": {
    deployment: { isDagDeployEnabled: false },
    args: dags,
    sentence: (name) => isOff(name, "IMAGE_AND_DAG"),
  },
  "refuses a bundle where DAG deploys are off": {
    deployment: { isDagDeployEnabled: false },
    args: bundle,
    sentence: (name) => isOff(name, "IMAGE_AND_DAG"),
  },
  "refuses DAGs where execution is remote, which takes an image alone": {
    deployment: { isDagDeployEnabled: false, remoteExecution: { enabled: true } },
    args: dags,
    sentence: (name) => isOff(name, "IMAGE_AND_DAG and IMAGE_ONLY"),
  },
  "refuses DAGs for a HYBRID Deployment without the one that it is watched by": {
    deployment: { type: "HYBRID" },
    args: dags,
    sentence: (name) =>
      `The ${name} is HYBRID, and Astronomer watches it by the DAG astronomer_monitoring_dag.py, which the astro CLI adds and this deploy would remove: put it into the folder.`,
  },
  "lets DAGs pass for a HYBRID Deployment with the one that it is watched by": {
    deployment: { type: "HYBRID" },
    args: { ...dags, dags: "./watched" },
  },
};

describe("the look at the Deployment before a deploy, through the real engine", () => {
  let scene: Scene;
  let run: Run;
  let resources: StateResource[];

  before(async () => {
    scene = await setScene({
      files: {
        "dags/a.py": "a = 1\n",
        "watched/a.py": "a = 1\n",
        "watched/astronomer_monitoring_dag.py": "",
        "shop/dbt_project.yml": "name: shop\n",
      },
      emulator: { deployments: Object.values(cases).map(({ deployment }) => deployment) },
    });
    scene.declare(
      Object.fromEntries(
        Object.values(cases).map(({ args }, at) => {
          const deploymentId = scene.emulator.deployments[at]?.id;
          return [`etl${at}`, { deploymentId, ...args }];
        }),
      ),
    );
    // One run for all: without the flag it would end with the first that is refused.
    run = await scene.stack.up("--continue-on-error");
    assert.notEqual(run.code, 0);
    ({ resources } = await scene.stack.state());
  });
  after(() => scene.dispose());

  for (const [at, [title, { sentence }]] of Object.entries(cases).entries()) {
    it(title, () => {
      const { id = "", name = "" } = scene.emulator.deployments[at] ?? {};
      const statuses = scene.emulator.deploys(id).map(({ status }) => status);
      const kept = resources.filter(({ urn }) => urn.endsWith(`::etl${at}`));
      if (sentence) {
        const told = sentence(`Deployment ${name} (${id})`);
        assert.ok(run.all.includes(`error: ${told} [`), `${told}\n${run.all}`);
      }
      assert.deepEqual(statuses, sentence ? [] : ["DEPLOYED"], run.all);
      assert.equal(kept.length, sentence ? 0 : 1);
    });
  }
});
