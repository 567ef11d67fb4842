import assert from "node:assert/strict";
import { startEmulator, type Emulator, type EmulatorOptions } from "../../emulator";
import { Stack } from "../helpers/engine";

const hourMs = 3_600_000;

/** The first resource stands for one that creates the Deployment, and is done when its id is known. */
const program = `
const pulumi = require("@pulumi/pulumi");
const { AstroDeploy } = require("pulumi-astro-deploy");
const id = process.env.DEPLOYMENT;
const create = () => Promise.resolve({ id, outs: {} });
class Deployment extends pulumi.dynamic.Resource {}
const deployment = new Deployment({ create }, "deployment", {});
const etl = new AstroDeploy("etl", { deploymentId: deployment.id, type: "DAG_ONLY", dags: "./dags" });
exports.status = etl.status;
`;

describe("a Deployment that the same program creates, through the real engine", () => {
  let emulator: Emulator;
  let stack: Stack;

  async function setUp(options: EmulatorOptions): Promise<void> {
    emulator = await startEmulator({ behaviour: { creating: "refuse" }, ...options });
    stack = await Stack.create({
      files: { "index.js": program, "dags/a.py": "" },
      env: { ...emulator.env, CI: "false", DEPLOYMENT: emulator.deployments[0]?.id ?? "" },
    });
  }
  afterEach(async () => {
    stack.dispose();
    await emulator.close();
  });

  const creating: EmulatorOptions = { deployments: [{ status: "CREATING" }], creatingMs: hourMs };
  const operations = () => emulator.requests.map(({ operation }) => operation);

  it("is waited for while it is CREATING", async () => {
    await setUp(creating);
    const reads = () => operations().filter((operation) => operation === "GetDeployment").length;
    const stop = emulator.onRequest(() => {
      if (reads() < 3) return;
      stop();
      emulator.advance(hourMs);
    });
    const preview = await stack.preview();
    assert.equal(preview.code, 0, preview.all);
    const run = await stack.up();
    assert.equal(run.code, 0, run.all);
    assert.match(run.all, /etl \(Deployment \w+\): waiting for the Deployment to be created$/m);
    assert.equal((await stack.outputs()).status, "DEPLOYED");
    assert.deepEqual(operations().slice(0, 4), [
      ...Array<string>(3).fill("GetDeployment"),
      "CreateDeploy",
    ]);
  });

  it("is not waited for longer than the deploy's time limit", async () => {
    await setUp(creating);
    stack.setEnv("ASTRO_DEPLOY_TIMEOUT_SECONDS", "1");
    const run = await stack.up();
    assert.notEqual(run.code, 0);
    assert.match(
      run.all,
      /error: Deployment \w+ is still CREATING after 1 s\. Astro may yet finish it; raise astro:deployTimeoutSeconds to wait longer/,
    );
    assert.deepEqual(new Set(operations()), new Set(["GetDeployment"]));
  });

  it("is read once if it is there, and the state of 100 DAG files is small", async () => {
    await setUp({ deployments: [{ status: "UNHEALTHY" }], processingMs: 0 });
    for (let index = 1; index < 100; index++) stack.write(`dags/dag_${index}.py`, `a = ${index}\n`);
    const run = await stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(operations(), ["GetDeployment", "CreateDeploy", "PutBlob", "FinalizeDeploy"]);
    const { resources } = await stack.state();
    const etl = resources.find(({ urn }) => urn.endsWith("::etl"));
    assert.equal(Object.keys(etl?.inputs?.dagsFiles ?? {}).length, 100);
    const { length } = JSON.stringify(etl);
    assert.ok(length < 15_000, `the state of the resource has ${length} bytes`);
  });
});
