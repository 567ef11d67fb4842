import assert from "node:assert/strict";
import { setScene, type Scene } from "../helpers/declared";

/** What the preview says of arguments that must not be sent. */
const refused: Record<string, [Record<string, unknown>, RegExp]> = {
  "a missing type": [
    { type: undefined },
    /property type value .* has a problem: is missing; allowed are IMAGE_AND_DAG/s,
  ],
  "a misspelt type": [
    { type: "DAGS" },
    /is "DAGS"; allowed are IMAGE_AND_DAG, IMAGE_ONLY, DAG_ONLY, BUNDLE/,
  ],
  "a misspelt input": [{ dag: "./dags" }, /is not an input of AstroDeploy; did you mean dags/],
  "BUNDLE without bundleType": [
    { type: "BUNDLE", bundleMountPath: "/usr/local/airflow/dbt/shop" },
    /property bundleType .*a deploy of type BUNDLE needs it/s,
  ],
  "BUNDLE without bundleMountPath": [
    { type: "BUNDLE", bundleType: "dbt" },
    /property bundleMountPath .*a deploy of type BUNDLE needs it/s,
  ],
  "bundleMountPath with another type": [
    { bundleMountPath: "/usr/local/airflow/dbt/shop" },
    /belongs to deploys of type BUNDLE only; this one is DAG_ONLY/,
  ],
  "a description of 501 characters": [
    { description: "x".repeat(501) },
    /has 501 characters; at most 500 are allowed/,
  ],
  "dags that do not exist": [{ dags: "./nowhere" }, /property dags .*nowhere does not exist/s],
  "dags that are a file": [{ dags: "./index.js" }, /index\.js is not a folder/],
  "dags without a file": [
    { dags: "./empty" },
    /has no files to ship: deploying it would remove every DAG/,
  ],
  "dags with a link that leaves them": [
    { dags: "./linked" },
    /out\.py .*\. Make it point inside the folder/,
  ],
  "dags with a type that ships none": [
    { type: "IMAGE_ONLY", dags: "./dags" },
    /belongs to deploys of type DAG_ONLY or IMAGE_AND_DAG only; this one is IMAGE_ONLY/,
  ],
  "a dbt bundle that is no dbt project": [
    {
      type: "BUNDLE",
      bundleType: "dbt",
      bundleMountPath: "/usr/local/airflow/dbt/shop",
      bundle: "./dags",
    },
    /is no dbt project: it has no dbt_project\.yml/,
  ],
  "the option import": [{ opts: { import: "some-id" } }, /cannot be imported.*AstroDeploy\.get/s],
  "an incomplete git": [
    { git: { provider: "GITHUB", commitSha: "c0ffee", account: "acme", repo: "etl" } },
    /property git\.branch .*is required with the provider GITHUB in API version v1beta1/s,
  ],
};

describe("bad input, through the real engine", () => {
  let scene: Scene;

  before(async () => {
    scene = await setScene({ files: { "dags/a.py": "a = 1\n", "empty/.git/config": "" } });
    scene.stack.write("linked/in.py", "");
    const { symlinkSync } = await import("node:fs");
    symlinkSync("../dags/a.py", scene.stack.path("linked/out.py"));
  });
  after(() => scene.dispose());

  for (const [name, [change, message]] of Object.entries(refused)) {
    it(`refuses ${name} in the preview and without one, and sends nothing`, async () => {
      scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", ...change } });
      for (const run of [await scene.stack.preview(), await scene.stack.up()]) {
        assert.notEqual(run.code, 0);
        assert.match(run.all, message);
      }
      assert.deepEqual(scene.operations(), []);
    });
  }

  it("refuses a missing organization, and says the three ways to name it", async () => {
    scene.stack.setEnv("ASTRO_ORGANIZATION_ID", undefined);
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY" } });
    const run = await scene.stack.preview();
    assert.match(run.all, /organizationId.*astro:organizationId, or as ASTRO_ORGANIZATION_ID/s);
    scene.stack.setEnv("ASTRO_ORGANIZATION_ID", scene.emulator.organizationId);
  });

  it("refuses a wrong configuration", async () => {
    scene.stack.setEnv("ASTRO_BASE_URL", "http://api.astronomer.io");
    const run = await scene.stack.preview();
    assert.match(run.all, /astro:baseUrl .*must be https/);
    scene.stack.setEnv("ASTRO_BASE_URL", scene.emulator.url);
  });

  it("previews without a token, and asks for one before anything is sent", async () => {
    scene.stack.setEnv("ASTRO_API_TOKEN", undefined);
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" } });
    assert.equal((await scene.stack.preview()).code, 0);
    const run = await scene.stack.up();
    assert.notEqual(run.code, 0);
    assert.match(
      run.all,
      /No API token: set the secret astro:token .* or the environment variable ASTRO_API_TOKEN/s,
    );
    assert.deepEqual(scene.operations(), []);
    scene.stack.setEnv("ASTRO_API_TOKEN", scene.emulator.token);
  });
});
