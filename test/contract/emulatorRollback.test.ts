import assert from "node:assert/strict";
import { Api, dagsArchive, emulators, firstDeployment, apiVersions } from "./emulatorSetup";

const bundle = {
  type: "BUNDLE",
  bundleType: "dbt",
  bundleMountPath: "/usr/local/airflow/dbt/shop",
};
const day = 24 * 3600 * 1000;

describe("emulator: rollback", () => {
  const start = emulators();

  for (const apiVersion of apiVersions) {
    it(`${apiVersion}: makes a new deploy that brings back what ran after an earlier one`, async () => {
      const emulator = await start({ processingMs: 60_000 });
      const api = new Api(emulator, apiVersion);
      const first = await api.ship(await dagsArchive("first"));
      emulator.advance(60_000);
      const { body: old } = await api.deploy(first);
      const image = firstDeployment(emulator).imageTag;

      await api.ship(await dagsArchive("second"), { type: "IMAGE_AND_DAG" });
      await api.ship(await dagsArchive("bundle"), bundle);
      emulator.advance(60_000);
      assert.notEqual(firstDeployment(emulator).dagTarballVersion, old.dagTarballVersion);
      firstDeployment(emulator).isDagDeployEnabled = false;

      const { status, body } = await api.rollback(first, { description: "back" });
      assert.equal(status, 200);
      assert.notEqual(body.id, first);
      assert.equal(body.rollbackFromId, first);
      assert.equal(body.status, "INITIALIZED");
      assert.equal(body.description, "back");
      assert.equal(body.dagsUploadUrl, undefined);
      emulator.advance(60_000);

      assert.equal((await api.deploy(body.id)).body.status, "DEPLOYED");
      const deployment = firstDeployment(emulator);
      assert.equal(deployment.dagTarballVersion, old.dagTarballVersion);
      assert.equal(deployment.imageTag, image);
      assert.equal(deployment.isDagDeployEnabled, true);
      assert.deepEqual(deployment.bundles, []);
      assert.equal(emulator.deploys(api.deploymentId).length, 4);
    });
  }

  it("brings bundles back, and can itself be rolled back", async () => {
    const emulator = await start({ processingMs: 0 });
    const api = new Api(emulator);
    const before = await api.ship(await dagsArchive());
    const mounted = await api.ship(await dagsArchive(), bundle);
    const { body: without } = await api.rollback(before);
    assert.deepEqual(firstDeployment(emulator).bundles, []);
    await api.rollback(mounted);
    assert.equal(firstDeployment(emulator).bundles.length, 1);
    await api.rollback(without.id);
    assert.deepEqual(firstDeployment(emulator).bundles, []);
  });

  it("refuses deploys that were not deployed, or failed", async () => {
    const emulator = await start();
    const api = new Api(emulator);
    const { body } = await api.create({ type: "DAG_ONLY" });
    assert.equal((await api.rollback(body.id)).status, 400);
    emulator.finish(body.id, { status: "FAILED" });
    assert.equal((await api.rollback(body.id)).status, 400);
    assert.equal((await api.rollback("nothing")).status, 404);
  });

  it("refuses deploys of more than three months ago, unless it is the newest", async () => {
    const emulator = await start({ processingMs: 0 });
    const api = new Api(emulator);
    const old = await api.ship(await dagsArchive("old"));
    emulator.advance(100 * day);
    assert.equal((await api.rollback(old)).status, 200);
    const answer = await api.rollback(old);
    assert.equal(answer.status, 400);
    assert.match(answer.body.message, /three months/);
  });

  it("cannot be finalized", async () => {
    const emulator = await start({ processingMs: 60_000 });
    const api = new Api(emulator);
    const { id } = emulator.foreignDeploy(api.deploymentId);
    const { body } = await api.rollback(id);
    assert.equal((await api.finalize(body.id)).status, 400);
  });
});
