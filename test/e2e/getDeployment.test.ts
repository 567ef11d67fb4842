import assert from "node:assert/strict";
import { startEmulator, type Emulator } from "../../emulator";
import { Stack } from "../helpers/engine";

/** Deploys to the Deployment that `args.json` describes, and shows what the look-ups say of it. */
const program = `
const pulumi = require("@pulumi/pulumi");
const { AstroDeploy, getDeployment, getDeploymentOutput } = require("pulumi-astro-deploy");
const args = require("./args.json");
module.exports = async () => {
  const found = await getDeployment(args);
  const later = Object.fromEntries(Object.entries(args).map(([key, value]) => [key, pulumi.output(value)]));
  const etl = new AstroDeploy("etl", {
    deploymentId: getDeploymentOutput(later).id,
    type: "DAG_ONLY",
    dags: "./dags",
  });
  return { found, url: etl.webServerUrl };
};
`;

describe("getDeployment, through the real engine", () => {
  let emulator: Emulator;
  let stack: Stack;

  before(async () => {
    const names = ["prod", "prod", "etl", "staging"];
    emulator = await startEmulator({
      deployments: [
        ...names.map((name, at) => ({ name, workspaceId: `workspace-${at}` })),
        { name: "idle", workspaceId: "workspace-0", status: "UNHEALTHY", statusReason: "No room" },
      ],
    });
    emulator.foreignDeploy(idOf("etl"), {
      type: "BUNDLE",
      bundleType: "dbt",
      bundleMountPath: "/usr/local/airflow/dbt/shop",
    });
    stack = await Stack.create({
      files: { "index.js": program, "dags/a.py": "" },
      // The token names the Organization.
      env: { ...emulator.env, ASTRO_ORGANIZATION_ID: "" },
    });
  });
  after(async () => {
    stack.dispose();
    await emulator.close();
  });

  const idOf = (name: string, workspaceId?: string) =>
    emulator.deployments.find(
      (one) => one.name === name && (workspaceId ?? one.workspaceId) === one.workspaceId,
    )?.id ?? "";

  const lookUp = async (args: object) => {
    stack.write("args.json", JSON.stringify(args));
    const run = await stack.up();
    assert.equal(run.code, 0, run.all);
    return stack.outputs();
  };

  it("finds one by its name, with what runs on it, and an AstroDeploy deploys to it", async () => {
    const { url } = await lookUp({ name: "etl" });
    const { found } = await lookUp({ name: "etl" });
    const deployment = emulator.deployments.find(({ name }) => name === "etl");
    assert.ok(deployment);
    const { id, name, workspaceId, status, astroRuntimeVersion, airflowVersion } = deployment;
    const { uiUrl, imageTag, bundles, dagTarballVersion } = deployment;
    const webServerUrl = `${emulator.url}/airflow/${id}`;
    const webServerAirflowApiUrl = `${webServerUrl}/api/v2`;
    assert.equal(typeof dagTarballVersion, "string");
    assert.equal(bundles.length, 1);
    assert.deepEqual(found, {
      ...{ id, name, workspaceId, status, astroRuntimeVersion, airflowVersion },
      ...{ uiUrl, webServerUrl, webServerAirflowApiUrl, imageTag, bundles, dagTarballVersion },
      ...{ desiredDagTarballVersion: dagTarballVersion },
      ...{ isDagDeployEnabled: true, isCicdEnforced: false },
    });
    assert.equal(url, webServerUrl);
    assert.equal(emulator.deploys(id).length, 2);
  });

  it("finds one by its name and Workspace, or by its id", async () => {
    const id = idOf("prod", "workspace-1");
    const named = { name: "prod", workspaceId: "workspace-1" };
    await lookUp(named);
    const byName = await lookUp(named);
    const byId = await lookUp({ deploymentId: id });
    assert.equal((byName.found as { id: string }).id, id);
    assert.deepEqual(byId.found, byName.found);
    const { found } = await lookUp({ name: "idle" });
    assert.equal((found as { statusReason: string }).statusReason, "No room");
  });

  const failures: Record<string, [args: object, said: RegExp]> = {
    "lists those that have the name": [
      { name: "prod" },
      /2 Deployments of the Organization \w+ are called "prod": prod \(\w+, Workspace workspace-0\), prod \(\w+, Workspace workspace-1\)\. Pass workspaceId, or deploymentId in place of the name\./,
    ],
    "tells names that are similar": [
      { name: "Stagin" },
      /No Deployment of the Organization \w+ that the token may see is called "Stagin"\. Similar names have staging \(\w+, Workspace workspace-3\)\./,
    ],
    "tells where it looked": [
      { name: "etl", workspaceId: "workspace-3" },
      /No Deployment of the Workspace workspace-3 of the Organization \w+ that the token may see is called "etl"\. \[deployment-name\]\n/,
    ],
    "wants a name or an id": [{}, /name is missing: pass the Deployment's name, or its id/],
    "wants no more than an id": [
      { name: "etl", deploymentId: "any" },
      /deploymentId names one Deployment: leave name and workspaceId out/,
    ],
    "tells an id that does not exist": [
      { deploymentId: "nowhere" },
      /Could not read the Deployment nowhere: 404/,
    ],
  };
  for (const [what, [args, said]] of Object.entries(failures)) {
    it(what, async () => {
      stack.write("args.json", JSON.stringify(args));
      const run = await stack.preview();
      assert.notEqual(run.code, 0);
      assert.match(run.all, said);
    });
  }
});
