import assert from "node:assert/strict";
import { runtimeLabel, type ImageInfo } from "../../../provider/image/info";
import { deploymentSchema } from "../../../provider/astro/responses";
import type { DeployInputs } from "../../../provider/lifecycle/inputs/table";
import { findProblems } from "../../../provider/lifecycle/deploy/preflight";

const token = (claims: object) =>
  `x.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.x`;

interface Case {
  deployment?: Record<string, unknown>;
  inputs?: Partial<DeployInputs>;
  claims?: object;
  runtime?: string;
  offered?: string[];
}

function obstacles({ deployment, inputs, claims, runtime, offered }: Case): string[] {
  const record = deploymentSchema.parse({
    id: "dep",
    name: "prod",
    status: "HEALTHY",
    isDagDeployEnabled: true,
    isCicdEnforced: false,
    ...deployment,
  });
  const image: ImageInfo | undefined =
    runtime === undefined
      ? undefined
      : {
          digest: "",
          platform: "linux/amd64",
          labels: { [runtimeLabel]: runtime },
          isOnlyImage: true,
        };
  const problems = findProblems(
    record,
    { organizationId: "org", deploymentId: "dep", type: "DAG_ONLY", ...inputs },
    claims && token(claims),
    image,
    offered,
  );
  return problems.map(({ text }) => text);
}

describe("the look at the Deployment before a deploy", () => {
  const off = { isDagDeployEnabled: false };
  const refused: Record<string, [Case, RegExp]> = {
    "DAGs where DAG deploys are off": [
      { deployment: off },
      /^DAG deploys are off on the Deployment prod \(dep\), .* IMAGE_AND_DAG only: turn DAG deploys on/,
    ],
    "an image alone where DAG deploys are off": [
      { deployment: off, inputs: { type: "IMAGE_ONLY" } },
      /IMAGE_AND_DAG only: turn/,
    ],
    "DAGs on a HYBRID Deployment without what Astronomer watches it by": [
      { deployment: { type: "HYBRID" }, inputs: { dagsFiles: { "a.py": "1" } } },
      /is HYBRID, .* by the DAG astronomer_monitoring_dag\.py, .*: put it into the folder\./,
    ],
    "a bundle where DAG deploys are off, also with remote execution": [
      { deployment: { ...off, remoteExecution: { enabled: true } }, inputs: { type: "BUNDLE" } },
      /IMAGE_AND_DAG and IMAGE_ONLY only: turn/,
    ],
    "a folder beside the image where DAG deploys are off": [
      { deployment: off, inputs: { type: "IMAGE_AND_DAG", dags: "./dags" } },
      /the DAGs come in the image: leave dags out/,
    ],
    "an image without DAGs where DAG deploys are on": [
      { inputs: { type: "IMAGE_AND_DAG" } },
      /name their folder in dags, or use type IMAGE_ONLY/,
    ],
    "a user's token where CI/CD is enforced": [
      { deployment: { isCicdEnforced: true }, claims: { sub: "user" } },
      /takes deploys from CI\/CD only, and the token is a user's: use an API token/,
    ],
    "a hibernating Deployment": [
      { deployment: { status: "HIBERNATING" } },
      /hibernates and takes no deploys: set wakeUp to wake it up for the deploy, or/,
    ],
    "an older Runtime": [
      { deployment: { astroRuntimeVersion: "12.1.0" }, runtime: "12.0.9" },
      /built on Astro Runtime 12\.0\.9, older than the 12\.1\.0 of/,
    ],
    "a way back from Airflow 3": [
      { deployment: { astroRuntimeVersion: "3.0-1" }, runtime: "13.0.0" },
      /older than the 3\.0-1/,
    ],
    "a way to Airflow 3 from a Runtime below 12": [
      { deployment: { runtimeVersion: "11.9.0" }, runtime: "3.0-4" },
      /deploy an image on Runtime 12\.0\.0 or newer first/,
    ],
    "a Runtime that Astro does not offer": [
      {
        deployment: { astroRuntimeVersion: "3.0-1" },
        runtime: "3.0-9",
        offered: ["3.1-2", "3.0-10", "12.0.0"],
      },
      /^the image is built on Astro Runtime 3\.0-9, which Astro does not offer to the Deployment prod \(dep\): build it on one that it offers, such as 3\.1-2\.$/,
    ],
  };
  for (const [name, [given, message]] of Object.entries(refused)) {
    it(`refuses ${name}, in one sentence with its remedy`, () => {
      const [sentence, ...others] = obstacles(given);
      assert.match(sentence ?? "", message);
      assert.deepEqual(others, []);
    });
  }

  const taken: Record<string, Case> = {
    "DAGs where DAG deploys are on": {},
    "a rollback where DAG deploys are off, which it may turn on": {
      deployment: off,
      inputs: { rollbackTo: "deploy" },
    },
    "an image alone where DAG deploys are off and execution is remote": {
      deployment: { ...off, remoteExecution: { enabled: true } },
      inputs: { type: "IMAGE_ONLY" },
    },
    "DAGs on a HYBRID Deployment with what Astronomer watches it by": {
      deployment: { type: "HYBRID" },
      inputs: { dagsFiles: { "astronomer_monitoring_dag.py": "1" } },
    },
    "an API token where CI/CD is enforced": {
      deployment: { isCicdEnforced: true },
      claims: { sub: "token", permissions: ["deployment.deploys.create"] },
    },
    "the same Runtime": { deployment: { astroRuntimeVersion: "12.1.0" }, runtime: "12.1.0" },
    "a newer Runtime": { deployment: { astroRuntimeVersion: "3.0-9" }, runtime: "3.0-10" },
    "Airflow 3 from Runtime 12": {
      deployment: { astroRuntimeVersion: "12.0.0" },
      runtime: "3.0-1",
    },
    "a Runtime that Astro offers": {
      deployment: { astroRuntimeVersion: "3.0-1" },
      runtime: "3.0-9",
      offered: ["3.0-9"],
    },
    "the Deployment's own Runtime, offered or not": {
      deployment: { astroRuntimeVersion: "3.0-1" },
      runtime: "3.0-1",
      offered: ["3.1-2"],
    },
    "any newer Runtime where it is not known what Astro offers": {
      deployment: { astroRuntimeVersion: "3.0-1" },
      runtime: "3.0-9",
      offered: [],
    },
    "a Runtime of unknown form": { deployment: { astroRuntimeVersion: "NA" }, runtime: "3.0-1" },
  };
  for (const [name, given] of Object.entries(taken)) {
    it(`takes ${name}`, () => {
      assert.deepEqual(obstacles(given), []);
    });
  }

  it("takes a token that says nothing of itself, where CI/CD is enforced", () => {
    const deployment = deploymentSchema.parse({
      id: "dep",
      name: "prod",
      status: "HEALTHY",
      isDagDeployEnabled: true,
      isCicdEnforced: true,
    });
    const inputs: DeployInputs = { organizationId: "org", deploymentId: "dep", type: "DAG_ONLY" };
    assert.deepEqual(findProblems(deployment, inputs, "opaque", undefined), []);
  });
});
