import assert from "node:assert/strict";
import { startEmulator, type Behaviour, type Emulator } from "../../emulator";
import { Stack } from "../helpers/engine";

const program = `
const pulumi = require("@pulumi/pulumi");
const astro = require("pulumi-astro-deploy");
const deploymentId = process.env.DEPLOYMENT;
module.exports = async () => {
  const deploys = await astro.getDeploys({ deploymentId });
  const newest = await astro.getNewestDeploy({ deploymentId });
  const one = astro.getDeployOutput({ deploymentId, deployId: pulumi.output(process.env.DEPLOY) });
  const later = { deploymentId: pulumi.output(deploymentId) };
  const adopted = astro.AstroDeploy.get("adopted", process.env.DEPLOY, { deploymentId });
  return {
    ids: deploys.map(({ id }) => id),
    newest: newest?.id,
    one: one.status,
    idsLater: astro.getDeploysOutput({ ...later, limit: 3 }).apply((all) => all.map(({ id }) => id)),
    newestLater: astro.getNewestDeployOutput(later).apply((deploy) => deploy?.id),
    keys: one.apply((deploy) => Object.keys(deploy)),
    adopted: adopted.status,
    adoptedTag: adopted.imageTag,
  };
};
`;

const orders: Behaviour["listOrder"][] = ["newestFirst", "oldestFirst", "scattered"];

for (const listOrder of orders) {
  describe(`look-ups in a list that is ${listOrder}, through the real engine`, () => {
    let emulator: Emulator;
    let stack: Stack;
    let deploymentId: string;

    before(async () => {
      emulator = await startEmulator({ behaviour: { listOrder } });
      deploymentId = emulator.deployments[0]?.id ?? "";
      for (let n = 0; n < 60; n++) {
        emulator.foreignDeploy(deploymentId, { description: `deploy ${n}` });
        emulator.advance(1000);
      }
      emulator.foreignDeploy(deploymentId, { status: "INITIALIZED" });
      const first = emulator.deploys(deploymentId)[0]?.id ?? "";
      stack = await Stack.create({
        files: { "index.js": program },
        env: { ...emulator.env, DEPLOYMENT: deploymentId, DEPLOY: first },
      });
    });
    after(async () => {
      stack.dispose();
      await emulator.close();
    });

    it("find the newest deploys", async () => {
      const run = await stack.up();
      assert.equal(run.code, 0, run.all);
      const deploys = emulator.deploys(deploymentId);
      const outputs = await stack.outputs();
      assert.deepEqual(
        outputs.ids,
        deploys
          .slice(-50)
          .map(({ id }) => id)
          .reverse(),
      );
      assert.equal(outputs.newest, deploys.at(-2)?.id);
      assert.deepEqual(outputs.idsLater, outputs.ids.slice(0, 3));
      assert.equal(outputs.newestLater, outputs.newest);
      assert.equal(outputs.one, "DEPLOYED");
      assert.equal((outputs.keys as string[]).includes("dagsUploadUrl"), false);
    });

    it("adopt an existing deploy as an external resource, which is never deleted", async () => {
      const outputs = await stack.outputs();
      assert.equal(outputs.adopted, "DEPLOYED");
      assert.equal(outputs.adoptedTag, emulator.deploys(deploymentId)[0]?.imageTag);
      const { resources } = await stack.state();
      const adopted = resources.find(({ urn }) => urn.endsWith("::adopted"));
      assert.equal(adopted?.external, true);
      const run = await stack.destroy();
      assert.equal(run.code, 0, run.all);
      assert.doesNotMatch(run.all, /no longer managed/);
    });

    it("tell a deploy that does not exist", async () => {
      stack.setEnv("DEPLOY", "nowhere");
      const run = await stack.up();
      assert.notEqual(run.code, 0);
      assert.match(run.all, /Could not read the deploy nowhere: 404/);
    });
  });
}
