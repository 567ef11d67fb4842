import assert from "node:assert/strict";
import { startEmulator, type Emulator } from "../../emulator";
import { Stack } from "../helpers/engine";

/** The second deploy takes inputs from the first one's outputs, which a preview does not know. */
const program = `
const { AstroDeploy } = require("pulumi-astro-deploy");
const deploymentId = process.env.DEPLOYMENT;
const first = new AstroDeploy("first", { deploymentId, type: "DAG_ONLY" });
const second = new AstroDeploy("second", {
  deploymentId: first.isDagDeployEnabled.apply(() => deploymentId),
  type: first.status.apply(() => "DAG_ONLY"),
  description: first.imageTag,
  dags: first.status.apply(() => "./dags"),
  git: {
    provider: "GITHUB", commitSha: first.id, account: "acme", repo: "etl", branch: "main",
    commitUrl: first.id.apply((id) => "https://github.com/acme/etl/commit/" + id),
  },
});
exports.description = second.description;
exports.status = second.status;
exports.superseded = second.supersededBy.apply((by) => String(by?.deployId));
`;

describe("inputs that are not known in the preview", () => {
  let emulator: Emulator;
  let stack: Stack;

  before(async () => {
    emulator = await startEmulator();
    stack = await Stack.create({
      files: { "index.js": program, "dags/a.py": "" },
      env: { ...emulator.env, DEPLOYMENT: emulator.deployments[0]?.id ?? "" },
    });
  });
  after(async () => {
    stack.dispose();
    await emulator.close();
  });

  it("pass, and are checked when they are known", async () => {
    const preview = await stack.preview();
    assert.equal(preview.code, 0, preview.all);
    assert.deepEqual(preview.steps, { first: "create", second: "create" });
    const run = await stack.up();
    assert.equal(run.code, 0, run.all);
    assert.equal((await stack.outputs()).status, "DEPLOYED");
  });

  it("never show as the text that stands for them", async () => {
    const preview = await stack.preview("--diff");
    assert.doesNotMatch(preview.all, /04da6b54/);
    assert.deepEqual(preview.steps, { first: "same", second: "same" });
  });

  it("do not come of what is absent: an output that a deploy lacks is known", async () => {
    assert.equal((await stack.outputs()).superseded, "undefined");
    const preview = await stack.preview("--diff");
    assert.match(preview.all, /2 unchanged|3 unchanged/);
    assert.doesNotMatch(preview.all, /superseded/);
  });

  it("say replace where what they depend on is replaced", async () => {
    stack.write(
      "index.js",
      program.replace('type: "DAG_ONLY" });', 'type: "DAG_ONLY", description: "new" });'),
    );
    const preview = await stack.preview();
    assert.equal(preview.code, 0, preview.all);
    assert.deepEqual(preview.steps, { first: "replace", second: "replace" });
  });
});
