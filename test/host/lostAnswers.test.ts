import assert from "node:assert/strict";
import { shop } from "../helpers/declared";
import { setHostScene, type HostScene } from "../helpers/hostScene";

// test/e2e/history.test.ts has what the engine itself has a part in.
describe("a connection that fails beside an upload, in the host dynamic", () => {
  let scene: HostScene;

  beforeEach(async () => {
    scene = await setHostScene({
      files: { "dags/a.py": "a = 1\n", "shop/dbt_project.yml": "name: shop\n" },
    });
  });
  afterEach(() => scene.dispose());

  const up = async () => {
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    return scene.kept();
  };
  /** The service tells creation times in whole seconds. */
  const later = () => {
    scene.emulator.advance(2000);
  };

  describe("a rollback", () => {
    const declare = (more: Record<string, unknown>) => {
      const etl = { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" };
      scene.declare({ etl: { ...etl, ...more } });
    };

    for (const when of ["before", "after"] as const) {
      it(`rolls back once where the connection is cut ${when} that was processed`, async () => {
        scene.stack.setEnv("ASTRO_REQUEST_TIMEOUT_SECONDS", "5");
        declare({});
        const first = (await up())?.id;
        later();
        scene.emulator.foreignDeploy(scene.deploymentId, { type: "BUNDLE" });
        later();
        declare({ rollbackTo: first, description: "back" });
        scene.emulator.fail({ operation: "DeployRollback", how: "reset", when });
        const run = await scene.stack.up();
        assert.equal(run.code === 0, when === "after", run.all);
        if (when === "before") {
          assert.match(run.all, /It was not retried, since each rollback is a deploy/);
        }
        assert.equal((await up())?.outputs.rollbackFromId, first);
        assert.deepEqual(
          scene.deploys().map(({ status }) => status),
          ["DEPLOYED", "DEPLOYED", "DEPLOYED"],
        );
      });
    }
  });

  describe("the removal of a bundle", () => {
    const declare = (more: Record<string, unknown>) => {
      scene.declare({ shop: { deploymentId: scene.deploymentId, ...shop, ...more } });
    };
    const mounted = () =>
      (scene.emulator.deployments[0]?.bundles ?? []).map(({ mountPath }) => mountPath);

    it("is finished by the same destroy if the answer to its finalize was lost", async () => {
      declare({ removeBundleOnDelete: true });
      await up();
      scene.emulator.fail({ operation: "FinalizeDeploy", how: "reset", when: "after" });
      const run = await scene.stack.destroy();
      assert.equal(run.code, 0, run.all);
      assert.deepEqual(mounted(), []);
      assert.equal(scene.deploys().length, 2);
    });

    it("names the way out where the Deployment is not found", async () => {
      declare({ removeBundleOnDelete: true });
      await up();
      scene.emulator.fail({ operation: "ListDeploys", how: { status: 404 }, times: 2 });
      const run = await scene.stack.destroy();
      assert.notEqual(run.code, 0);
      assert.match(run.all, /its bundles are gone: remove removeBundleOnDelete/);
    });
  });
});
