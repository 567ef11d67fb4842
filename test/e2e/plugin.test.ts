import assert from "node:assert/strict";
import { once } from "node:events";
import type { Emulator } from "../../emulator";
import {
  pluginProject,
  program as dynamicProgram,
  setScene,
  type Scene,
} from "../helpers/declared";
import { eventually } from "../helpers/eventually";
import { hold } from "../helpers/hold";
import { assertNowhere, filesBelow, type Texts } from "../helpers/leaks";
import { children, commandOf, kill } from "../helpers/processes";

/** Declares the Deploys of `declared.json`; `provider` among them names an explicit provider. */
const program = `
const { Deploy, Provider } = require("pulumi-astro-deploy/plugin");
for (const [name, { opts, provider, ...args }] of Object.entries(require("./declared.json"))) {
  const options = { ...opts, ...(provider && { provider: new Provider(provider) }) };
  const { deployId, status, supersededBy } = new Deploy(name, args, options);
  module.exports[name] = { deployId, status, supersededBy };
}
`;

const up = ["up", "--yes", "--skip-preview"];
const files = { "Pulumi.yaml": pluginProject, "index.js": program, "dags/a.py": "a = 1\n" };

describe("the provider plugin, through the real engine", () => {
  let scene: Scene;
  let etl: Record<string, unknown>;

  beforeEach(async () => {
    scene = await setScene({ files });
    etl = { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" };
    scene.declare({ etl });
  });
  afterEach(() => scene.dispose());

  const statuses = () => scene.deploys().map(({ status }) => status);
  const etlInState = async () =>
    (await scene.stack.state()).resources.find(({ type }) => type === "astro:index:Deploy");

  it("deploys, names what changed, resumes what failed, sees drift, and leaks no secret", async () => {
    const { stack, emulator } = scene;
    stack.setEnv("ASTRO_API_TOKEN", undefined);
    await stack.must("config", "set", "--secret", "astro:token", emulator.token);
    const texts: Texts = [];
    const said = async (run: Promise<{ all: string; code: number | null; steps: object }>) => {
      const done = await run;
      texts.push(["output", done.all]);
      return done;
    };

    const first = await said(stack.up());
    assert.equal(first.code, 0, first.all);
    assert.deepEqual([first.steps, statuses()], [{ etl: "create" }, ["DEPLOYED"]]);
    const row = / \+ {2}astro:index:Deploy etl creating .*waiting for DEPLOYED/;
    if (process.env.CI === undefined) assert.match(first.all, row);
    assert.deepEqual((await said(stack.up())).steps, { etl: "same" });

    stack.write("dags/a.py", "a = 2\n");
    stack.write("dags/b.py", "b = 1\n");
    const preview = await said(stack.preview("--diff"));
    assert.match(preview.all, /~ dagsFiles: \{\n\s*~ a\.py: .*\n\s*\+ b\.py: /);

    emulator.fail({ operation: "PutBlob", how: { status: 409 } });
    const failed = await said(stack.up());
    assert.notEqual(failed.code, 0);
    const id = scene.deploys()[1]?.id;
    assert.equal((await etlInState())?.id, id);
    const resumed = await said(stack.up());
    assert.equal(resumed.code, 0, resumed.all);
    assert.deepEqual(statuses(), ["DEPLOYED", "DEPLOYED"]);

    const quiet = await said(stack.refresh("--expect-no-changes"));
    assert.equal(quiet.code, 0, quiet.all);
    emulator.advance(2000);
    const { id: other } = emulator.foreignDeploy(scene.deploymentId);
    const drift = await said(stack.refresh("--expect-no-changes"));
    assert.notEqual(drift.code, 0);
    assert.match(drift.all, /etl .*\+supersededBy/);
    assert.deepEqual((await said(stack.up())).steps, { etl: "same" });
    const outputs = (await stack.outputs()).etl as { supersededBy: { deployId: string } };
    assert.equal(outputs.supersededBy.deployId, other);

    texts.push(["state", (await stack.state()).text]);
    const secrets = [emulator.token, ...emulator.signatures];
    assertNowhere(secrets, [...texts, ...filesBelow(stack.folder)]);
    assert.deepEqual((await stack.destroy()).steps, { etl: "delete" });
  });

  it("imports a deploy, whose generated program then changes nothing, and looks one up", async () => {
    const { stack, emulator, deploymentId } = scene;
    const { id } = emulator.foreignDeploy(deploymentId, { description: "by hand" });
    const name = `${emulator.organizationId}/${deploymentId}/${id}`;
    scene.declare({
      etl: { deploymentId, type: "DAG_ONLY", description: "by hand", opts: { import: name } },
      found: { opts: { id: name } },
    });
    const imported = await stack.up();
    assert.equal(imported.code, 0, imported.all);
    assert.equal((await etlInState())?.id, id);
    const of = Object.entries(await stack.outputs()) as [string, { deployId: string }][];
    assert.deepEqual(of.map(([name, { deployId }]) => [name, deployId]).sort(), [
      ["etl", id],
      ["found", id],
    ]);
    const refreshed = await stack.refresh("--expect-no-changes");
    assert.equal(refreshed.code, 0, refreshed.all);
    scene.declare({ etl: { deploymentId, type: "DAG_ONLY", description: "by hand" } });
    const preview = await stack.preview("--expect-no-changes");
    assert.equal(preview.code, 0, preview.all);
    assert.equal(scene.deploys().length, 1);
  });

  it("takes over a stack of the dynamic resource by an alias, and deploys nothing", async () => {
    const { stack } = scene;
    stack.write("index.js", dynamicProgram);
    await stack.must(...up);
    stack.write("index.js", program);
    scene.declare({
      etl: { ...etl, opts: { aliases: [{ type: "pulumi-nodejs:dynamic/astro:AstroDeploy" }] } },
    });
    const moved = await stack.up();
    assert.equal(moved.code, 0, moved.all);
    assert.deepEqual(moved.steps, { etl: "same" });
    const refreshed = await stack.refresh("--expect-no-changes");
    assert.equal(refreshed.code, 0, refreshed.all);
    assert.deepEqual(statuses(), ["DEPLOYED"]);
  });

  /** Starts an up, and comes back in the middle of its wait. */
  async function startUp(emulator: Emulator) {
    emulator.plan({ processingMs: Infinity });
    const { arrived, release } = hold(emulator, "GetDeploy");
    const engine = scene.stack.start(...up);
    const ended = once(engine, "close");
    await arrived;
    release();
    return { engine, ended, pid: engine.pid ?? 0 };
  }
  const providersOf = (pid: number) =>
    children(pid).filter((child) => commandOf(child).includes("pulumi-resource-astro"));

  it("ends at once where Ctrl+C was pressed once, also by a time limit, and goes on", async () => {
    const { stack, emulator } = scene;
    const { engine, ended } = await startUp(emulator);
    engine.kill("SIGINT");
    await ended;
    const { pending } = await stack.state();
    assert.deepEqual(pending, []);
    const { id = "" } = (await etlInState()) ?? {};
    assert.equal(id, scene.deploys()[0]?.id);

    scene.declare({ etl: { ...etl, opts: { customTimeouts: { update: "1s" } } } });
    const late = await stack.up();
    assert.notEqual(late.code, 0);
    assert.match(late.all, /longer than 1 seconds, the update of the resource's customTimeouts/);
    emulator.finish(id);
    const done = await stack.up();
    assert.equal(done.code, 0, done.all);
    assert.deepEqual(statuses(), ["DEPLOYED"]);
  });

  it("does not outlive an engine that was killed, and goes on with the same deploy", async () => {
    const { stack, emulator } = scene;
    const { ended, pid } = await startUp(emulator);
    const providers = providersOf(pid);
    assert.ok(providers.length > 0);
    kill([pid]);
    await eventually(
      () => providers.every((provider) => commandOf(provider) === ""),
      "the plugin has ended",
    );
    kill(children(pid));
    await ended;
    emulator.finish(scene.deploys()[0]?.id ?? "");
    await stack.must("cancel", "--yes");
    const run = await stack.up();
    assert.equal(run.code, 0, run.all);
    assert.match(run.all, /resuming deploy \w+ of an interrupted run/);
    assert.deepEqual(statuses(), ["DEPLOYED"]);
  });

  it("deploys for one explicit provider after the other to the same Deployment", async () => {
    const { stack, emulator } = scene;
    const bundle = {
      deploymentId: scene.deploymentId,
      type: "BUNDLE",
      bundle: "./dags",
      bundleType: "sql",
      bundleMountPath: "/usr/local/airflow/sql",
    };
    scene.declare({ etl: { ...etl, provider: "one" }, sql: { ...bundle, provider: "two" } });
    const seen: string[] = [];
    emulator.onRequest(({ operation, phase }) => {
      if (phase === "after" && operation === "CreateDeploy") {
        seen.push(statuses().join());
      }
    });
    const run = await stack.up();
    assert.equal(run.code, 0, run.all);
    // The second is created when the first has ended.
    assert.deepEqual(seen, ["INITIALIZED", "DEPLOYED,INITIALIZED"]);
  });
});
