import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startEmulator, type Emulator } from "../../emulator";
import { root, type Stack } from "../helpers/engine";
import { needsHost, stackWithPlugin } from "../helpers/languages";

describe("a program in YAML, through the real engine", () => {
  let emulator: Emulator;
  let stack: Stack;
  let deploymentId: string;

  const disposals: (() => unknown)[] = [];

  before(async function () {
    needsHost(this, "yaml");
    emulator = await startEmulator();
    disposals.push(() => emulator.close());
    deploymentId = emulator.deployments[0]?.id ?? "";
    const project = readFileSync(join(root, "examples", "yaml", "Pulumi.yaml"), "utf8");
    stack = await stackWithPlugin({
      files: { "Pulumi.yaml": project },
      config: { deploymentId },
      env: { ...emulator.env, ASTRO_API_TOKEN: "" },
    });
    disposals.push(() => {
      stack.dispose();
    });
    // Readable in the configuration's file, and the provider's to hide in the state.
    await stack.must("config", "set", "--plaintext", "astro:token", emulator.token);
    stack.copyCommitted("examples/yaml/dags", "dags");
  });
  after(async () => {
    for (const dispose of disposals.reverse()) await dispose();
  });

  const deploys = () => emulator.deploys(deploymentId);

  it("keeps a deploy that failed on the way, and the next up resumes it", async () => {
    emulator.fail({ operation: "FinalizeDeploy", how: { status: 403 } });
    const failed = await stack.up();
    assert.notEqual(failed.code, 0);
    assert.match(failed.all, /was created but is not finished/);
    const run = await stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(
      deploys().map(({ status }) => status),
      ["DEPLOYED"],
    );
    const { deployId, status } = await stack.outputs();
    assert.deepEqual([deployId, status], [deploys()[0]?.id, "DEPLOYED"]);
  });

  it("is unchanged as long as nothing changes, and names the file that does", async () => {
    assert.deepEqual((await stack.preview()).steps, { etl: "same" });
    stack.write("dags/heartbeat.py", "changed = 1\n");
    const run = await stack.preview("--diff");
    assert.deepEqual(run.steps, { etl: "replace" });
    assert.match(run.all, /~ heartbeat\.py/);
  });

  it("sees in a refresh what superseded the deploy, and forgets it when it is destroyed", async () => {
    const other = emulator.foreignDeploy(deploymentId);
    await stack.refresh();
    const { text } = await stack.state();
    assert.ok(text.includes(other.id));
    assert.ok(!text.includes(emulator.token));
    assert.deepEqual((await stack.destroy()).steps, { etl: "delete" });
  });

  it("imports a deploy, and the code that is generated for it is unchanged", async () => {
    const id = `${emulator.organizationId}/${deploymentId}/${deploys()[0]?.id}`;
    const to = `--out=${stack.path("generated.yaml")}`;
    await stack.must("import", "astro:index:Deploy", "etl", id, "--yes", to);
    const code = readFileSync(stack.path("generated.yaml"), "utf8");
    stack.write("Pulumi.yaml", `name: astro-yaml\nruntime: yaml\n${code}`);
    const run = await stack.preview();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(run.steps, { etl: "same" });
  });
});
