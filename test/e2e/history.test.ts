import assert from "node:assert/strict";
import type { Fault } from "../../emulator";
import { setScene, type Declared, type Scene } from "../helpers/declared";

interface Outputs {
  id: string;
  status: string;
  rollbackFromId?: string;
  supersededBy?: Record<string, string>;
}

describe("what happens to a Deployment beside the program, through the real engine", () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await setScene({ files: { "dags/a.py": "a = 1\n" } });
  });
  afterEach(() => scene.dispose());

  const declare = (more: Record<string, unknown> = {}) => {
    scene.declare({
      etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags", ...more },
    });
  };
  const up = async () => {
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    return { ...run, etl: (await scene.stack.outputs()).etl as Outputs };
  };
  /** The service tells creation times in whole seconds. */
  const later = () => {
    scene.emulator.advance(2000);
  };

  it("shows a deploy that was superseded, by what and by whom, and leaves it", async () => {
    declare();
    await up();
    later();
    const other = scene.emulator.foreignDeploy(scene.deploymentId);
    const refreshed = await scene.stack.refresh();
    // Responses give whole seconds.
    const createdAt = other.createdAt.replace(/\.\d+/, "");
    const told = `superseded by deploy ${other.id} (DAG_ONLY, ${createdAt}, by Somebody Else)`;
    assert.ok(refreshed.all.includes(told), refreshed.all);
    const { steps, etl } = await up();
    assert.deepEqual(steps, { etl: "same" });
    assert.deepEqual(etl.supersededBy, {
      deployId: other.id,
      type: "DAG_ONLY",
      createdAt,
      by: "Somebody Else",
    });
  });

  it("shows what was changed of the deploy itself", async () => {
    declare();
    const { id } = (await up()).etl;
    later();
    const { url, organizationId, token } = scene.emulator;
    const path = `organizations/${organizationId}/deployments/${scene.deploymentId}/deploys/${id}`;
    const { ok } = await fetch(`${url}/v1/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ description: "checked by Ada" }),
    });
    assert.ok(ok);
    const [before] = (await scene.stack.state()).resources.filter((resource) => resource.id === id);
    await scene.stack.refresh();
    const [after] = (await scene.stack.state()).resources.filter((resource) => resource.id === id);
    assert.equal(before?.outputs?.description, null);
    assert.equal(after?.outputs?.description, "checked by Ada");
    assert.notEqual(after.outputs.updatedAt, before.outputs.updatedAt);
    assert.deepEqual((await up()).steps, { etl: "same" });
  });

  it("takes an empty description for none, and one that was emptied for gone", async () => {
    declare({ description: "" });
    await up();
    declare();
    assert.deepEqual((await up()).steps, { etl: "same" });
    later();
    declare({ description: "nightly" });
    assert.deepEqual((await up()).steps, { etl: "replace" });
    const [, deploy] = scene.deploys();
    assert.ok(deploy);
    deploy.description = "";
    const run = await scene.stack.refresh();
    assert.equal(run.code, 0, run.all);
    const { resources } = await scene.stack.state();
    assert.equal(resources.find(({ id }) => id === deploy.id)?.outputs?.description, null);
  });

  it("reads answers whose parts that are only shown are incomplete", async () => {
    declare();
    const [deployment] = scene.emulator.deployments;
    assert.ok(deployment);
    deployment.airflowVersion = "";
    deployment.bundles.push({ deployId: "elsewhere" } as never);
    const { id } = (await up()).etl;
    const deploy = scene.deploys()[0] as unknown as Record<string, unknown>;
    Object.assign(deploy, { updatedBySubject: { fullName: "Ada" } });
    const run = await scene.stack.refresh();
    assert.equal(run.code, 0, run.all);
    const { resources } = await scene.stack.state();
    const { outputs } = resources.find((resource) => resource.id === id) ?? {};
    assert.deepEqual(outputs?.bundles, [{ deployId: "elsewhere" }]);
    assert.deepEqual(outputs.updatedBySubject, { fullName: "Ada" });
    assert.equal(outputs.airflowVersion, null);
  });

  it("is not superseded by DAGs that were begun later and finalized before", async () => {
    // A deploy whose image and DAGs the program ships by itself.
    const { deploymentId, emulator, stack } = scene;
    scene.declare({ etl: { deploymentId, type: "IMAGE_AND_DAG" } });
    const { id } = (await up()).etl;
    const end = (deployId: string) => {
      const [deployment] = emulator.deployments;
      const deploy = scene.deploys().find((made) => made.id === deployId);
      assert.ok(deployment && deploy);
      deploy.dagTarballVersion = "2026-01-01T00:00:00.0000000Z";
      deployment.dagTarballVersion = deployment.desiredDagTarballVersion = deploy.dagTarballVersion;
      emulator.finish(deployId);
    };
    later();
    emulator.foreignDeploy(deploymentId);
    end(id);
    await stack.refresh();
    assert.equal((await up()).etl.supersededBy, undefined);
    // Its image is another matter.
    later();
    const image = emulator.foreignDeploy(deploymentId, { type: "IMAGE_ONLY" });
    await stack.refresh();
    assert.equal((await up()).etl.supersededBy?.deployId, image.id);
  });

  it("deploys again what was superseded, where the program asks for that", async () => {
    declare({ redeployWhenSuperseded: true });
    await up();
    later();
    scene.emulator.foreignDeploy(scene.deploymentId);
    assert.deepEqual((await up()).steps, { etl: "same" });
    later();
    const refreshed = await scene.stack.refresh();
    assert.match(refreshed.all, /superseded by/);
    assert.doesNotMatch(refreshed.all, /Set redeployWhenSuperseded/);
    const { steps, etl, all } = await up();
    assert.deepEqual(steps, { etl: "replace" });
    assert.match(all, /superseded by deploy \w+; will be replaced by a new deploy/);
    assert.equal(etl.supersededBy, undefined);
    later();
    await scene.stack.refresh();
    assert.deepEqual((await up()).steps, { etl: "same" });
  });

  it("is not confused by a deploy of another kind", async () => {
    declare();
    await up();
    later();
    scene.emulator.foreignDeploy(scene.deploymentId, { type: "BUNDLE" });
    await scene.stack.refresh();
    assert.equal((await up()).etl.supersededBy, undefined);
  });

  it("drops a deploy that is gone, and makes another", async () => {
    declare();
    await up();
    // In either API version.
    scene.emulator.fail({ operation: "GetDeploy", how: { status: 404 }, times: 2 });
    const refreshed = await scene.stack.refresh();
    assert.equal(refreshed.code, 0, refreshed.all);
    assert.deepEqual((await up()).steps, { etl: "create" });
  });

  it("keeps a deploy that is not found where its Deployment is not found either", async () => {
    declare();
    await scene.stack.must("up", "--yes", "--skip-preview");
    for (const operation of ["GetDeploy", "GetDeployment"] as const) {
      scene.emulator.fail({ operation, how: { status: 404 }, times: 2 });
    }
    const run = await scene.stack.refresh();
    assert.notEqual(run.code, 0);
    assert.match(run.all, /it is not certain that it is gone\. Could not read the Deployment/);
    const { resources } = await scene.stack.state();
    assert.ok(resources.some(({ id }) => id === scene.deploys()[0]?.id));
  });

  it("rolls back to an earlier deploy, and forward again", async () => {
    declare();
    const first = (await up()).etl.id;
    later();
    scene.stack.write("dags/a.py", "a = 2\n");
    await up();
    later();

    declare({ rollbackTo: first });
    const back = await up();
    assert.deepEqual(back.steps, { etl: "replace" });
    assert.equal(back.etl.rollbackFromId, first);
    assert.equal(back.etl.status, "DEPLOYED");
    assert.equal(
      scene.emulator.deployments[0]?.dagTarballVersion,
      scene.deploys()[0]?.dagTarballVersion,
    );
    scene.stack.write("dags/a.py", "a = 3\n");
    assert.deepEqual((await up()).steps, { etl: "same" }, "what is not deployed is of no account");

    later();
    declare();
    const forward = await up();
    assert.deepEqual(forward.steps, { etl: "replace" });
    assert.equal(forward.etl.rollbackFromId, undefined);
    assert.equal(scene.deploys().length, 4);
    assert.equal(
      scene.emulator.deployments[0]?.dagTarballVersion,
      scene.deploys().at(-1)?.dagTarballVersion,
    );
  });

  it("takes a rollback to what it deployed itself, or rolled back to, for no change", async () => {
    declare();
    const first = (await up()).etl.id;
    later();
    declare({ rollbackTo: first });
    assert.deepEqual((await up()).steps, { etl: "same" });
    // What is only kept for later does not make it another deploy.
    declare({ rollbackTo: first, redeployWhenSuperseded: true });
    assert.deepEqual((await up()).steps, { etl: "update" });
    declare({ redeployWhenSuperseded: true });
    assert.deepEqual((await up()).steps, { etl: "same" }, "its content is what it was");
    scene.stack.write("dags/a.py", "a = 2\n");
    await up();
    later();
    declare({ rollbackTo: first });
    const { id } = (await up()).etl;
    later();
    declare({ rollbackTo: id });
    assert.deepEqual((await up()).steps, { etl: "same" });
    declare({ rollbackTo: id, description: "as it was" });
    const run = await scene.stack.up();
    assert.notEqual(run.code, 0);
    assert.match(run.all, /nothing to roll back and nothing was created\. Remove rollbackTo/);
    assert.equal(scene.deploys().length, 3);
  });

  it("stays where it is with rollbackTo the newest deploy", async () => {
    scene.stack.write(
      "index.js",
      `
const { AstroDeploy, getNewestDeployOutput } = require("pulumi-astro-deploy");
const deploymentId = ${JSON.stringify(scene.deploymentId)};
const rollbackTo = getNewestDeployOutput({ deploymentId }).apply((deploy) => deploy?.id);
const { id } = new AstroDeploy("etl", { deploymentId, type: "DAG_ONLY", dags: "./dags", rollbackTo });
exports.etl = { id };
`,
    );
    const { id } = (await up()).etl;
    for (const time of ["once", "and again"]) {
      later();
      assert.deepEqual((await up()).steps, { etl: "same" }, time);
    }
    // Somebody else's runs now: there is nothing to roll back to it.
    later();
    scene.emulator.foreignDeploy(scene.deploymentId);
    const run = await scene.stack.up();
    assert.notEqual(run.code, 0);
    assert.match(run.all, /runs the deploy \w+ already, the newest that is DEPLOYED/);
    const kept = scene.deploys().map((deploy) => [deploy.id === id, deploy.rollbackFromId]);
    assert.deepEqual(kept, [
      [true, undefined],
      [false, undefined],
    ]);
  });

  it("rolls back to a time when DAG deploys were on", async () => {
    declare();
    const first = (await up()).etl.id;
    later();
    scene.stack.write("dags/a.py", "a = 2\n");
    await up();
    later();
    const [deployment] = scene.emulator.deployments;
    assert.ok(deployment);
    deployment.isDagDeployEnabled = false;
    declare({ rollbackTo: first });
    assert.equal((await up()).etl.status, "DEPLOYED");
    assert.equal(scene.emulator.deployments[0]?.isDagDeployEnabled, true);
  });

  it("tells a rollback to a deploy that does not exist", async () => {
    declare({ rollbackTo: "nowhere" });
    const run = await scene.stack.up();
    assert.notEqual(run.code, 0);
    assert.match(run.all, /Could not roll back to the deploy nowhere: 404/);
  });
});

describe("the removal of a bundle, through the real engine", () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await setScene({ files: { "shop/dbt_project.yml": "name: shop\n" } });
  });
  afterEach(() => scene.dispose());

  const declare = (more: Record<string, unknown> = {}, others: Declared = {}) => {
    scene.declare({
      shop: {
        deploymentId: scene.deploymentId,
        type: "BUNDLE",
        bundleType: "dbt",
        bundleMountPath: "/usr/local/airflow/dbt/shop",
        bundle: "./shop",
        ...more,
      },
      ...others,
    });
  };
  const mounted = () =>
    (scene.emulator.deployments[0]?.bundles ?? []).map(({ mountPath }) => mountPath);

  it("is left out unless it is asked for", async () => {
    declare();
    await scene.stack.must("up", "--yes", "--skip-preview");
    await scene.stack.must("destroy", "--yes", "--skip-preview");
    assert.deepEqual(mounted(), ["/usr/local/airflow/dbt/shop"]);
  });

  it("happens at the destroy, also where it was asked for after the deploy", async () => {
    declare();
    await scene.stack.must("up", "--yes", "--skip-preview");
    declare({ removeBundleOnDelete: true });
    assert.deepEqual((await scene.stack.up()).steps, { shop: "update" });
    assert.equal(scene.deploys().length, 1);
    const run = await scene.stack.destroy();
    assert.equal(run.code, 0, run.all);
    assert.match(run.all, /the bundle at .*shop was removed by deploy/);
    assert.deepEqual(mounted(), []);
  });

  it("that is only forgotten is told, and no word said of a deploy that was replaced", async () => {
    const etl = { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./shop" };
    declare({}, { etl });
    await scene.stack.must("up", "--yes", "--skip-preview");
    const bundle = scene.deploys().find(({ type }) => type === "BUNDLE");
    scene.emulator.advance(2000);
    scene.declare({ etl: { ...etl, description: "again" } });
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(run.steps, { etl: "replace", shop: "delete" });
    const told = [...run.all.matchAll(/deploy (\w+) is no longer managed\. Astro keeps it/g)];
    assert.deepEqual([...new Set(told.map(([, id]) => id))], [bundle?.id]);
  });

  it("that stays in the place of an older one is told, and how to deploy that again", async () => {
    const etl = { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./shop" };
    scene.declare({ etl });
    await scene.stack.must("up", "--yes", "--skip-preview");
    scene.emulator.advance(2000);
    scene.declare({ etl, twin: etl });
    await scene.stack.must("up", "--yes", "--skip-preview");
    const twin = scene.deploys().at(-1)?.id ?? "";
    scene.declare({ etl });
    const run = await scene.stack.up();
    assert.deepEqual(run.steps, { etl: "same", twin: "delete" }, run.all);
    const told = `deploy ${twin} is no longer managed. Astro keeps it in the deploy history, and what it deployed keeps running, not what etl (Deployment ${scene.deploymentId}) deployed before it; to deploy that again, run pulumi up --replace with the URN of that resource`;
    assert.ok(run.all.includes(told), run.all);
  });

  it("spares the bundle that a replacement has put in its place", async () => {
    declare({ removeBundleOnDelete: true });
    await scene.stack.must("up", "--yes", "--skip-preview");
    scene.stack.write("shop/models/a.sql", "select 1");
    scene.emulator.advance(2000);
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(run.steps, { shop: "replace" });
    assert.match(run.all, /the bundle at .*shop stays: deploy .* owns it now/);
    assert.deepEqual(mounted(), ["/usr/local/airflow/dbt/shop"]);
  });

  describe("that two resources ship to", () => {
    const twin = () => ({
      again: {
        deploymentId: scene.deploymentId,
        type: "BUNDLE",
        bundleType: "dbt",
        bundleMountPath: "/usr/local/airflow/dbt/shop",
        bundle: "./shop",
        removeBundleOnDelete: true,
      },
    });

    it("is warned of in the preview, and spares what the program still declares", async () => {
      const more = { removeBundleOnDelete: true };
      declare(more, twin());
      const preview = await scene.stack.preview();
      assert.match(preview.all, /"again" and "shop" deploy to the same part of one Deployment/);
      declare(more);
      const alone = await scene.stack.up();
      assert.doesNotMatch(alone.all, /same part of one Deployment/);
      scene.emulator.advance(2000);
      declare(more, twin());
      await scene.stack.must("up", "--yes", "--skip-preview");
      declare(more);
      const run = await scene.stack.up();
      assert.equal(run.code, 0, run.all);
      assert.match(run.all, /stays: the program still declares a resource for that path/);
      assert.deepEqual(mounted(), ["/usr/local/airflow/dbt/shop"]);
      assert.equal(scene.deploys().length, 2);

      // A destroy of one does not tell what else there is.
      scene.emulator.advance(2000);
      declare(more, twin());
      await scene.stack.must("up", "--yes", "--skip-preview");
      const { resources } = await scene.stack.state();
      const urn = resources.find((resource) => resource.urn.endsWith("::again"))?.urn ?? "";
      const targeted = await scene.stack.destroy("--target", urn);
      assert.match(targeted.all, /If another resource of this program ships to that path/);
      const removal = scene.deploys().at(-1)?.id ?? "";
      const rest = await scene.stack.destroy();
      assert.equal(rest.code, 0, rest.all);
      assert.match(rest.all, new RegExp(`was removed already by deploy ${removal}`));
      assert.equal(scene.deploys().length, 4);
    });
  });

  it("says no more of a deploy than is known", async () => {
    const etl = { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./shop" };
    scene.declare({ etl });
    scene.emulator.plan({ status: "FAILED" });
    await scene.stack.up();
    const failed = await scene.stack.destroy();
    assert.match(failed.all, /no longer managed\. .*; it FAILED/);
    assert.doesNotMatch(failed.all, /keeps running/);
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY" } });
    await scene.stack.up();
    const bare = await scene.stack.destroy();
    assert.match(bare.all, /no longer managed\. .*; it was not finalized/);
    scene.declare({ etl });
    await scene.stack.up();
    scene.emulator.advance(2000);
    const other = scene.emulator.foreignDeploy(scene.deploymentId);
    await scene.stack.refresh();
    const superseded = await scene.stack.destroy();
    assert.match(superseded.all, new RegExp(`; deploy ${other.id} superseded it`));
  });

  it("spares the bundle that a replacement is yet to put in its place", async () => {
    declare({ removeBundleOnDelete: true, wait: false });
    await scene.stack.must("up", "--yes", "--skip-preview");
    scene.emulator.finish(scene.deploys().at(-1)?.id ?? "");
    scene.stack.write("shop/models/a.sql", "select 2");
    scene.emulator.plan({ processingMs: 3_600_000 });
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(run.steps, { shop: "replace" });
    const [shipped] = scene.deploys().slice(-1);
    assert.match(run.all, new RegExp(`shop stays: deploy ${shipped?.id ?? ""} was created since`));
    scene.emulator.finish(shipped?.id ?? "");
    assert.deepEqual(mounted(), ["/usr/local/airflow/dbt/shop"]);
  });

  const faults: Record<string, Fault[]> = {
    "was refused each time": [
      { operation: "FinalizeDeploy", how: { status: 500 }, times: Infinity },
    ],
    "had its answer lost, and that could not be looked up": [
      { operation: "FinalizeDeploy", how: "reset", when: "after" },
      { operation: "GetDeploy", how: { status: 403 }, times: Infinity },
    ],
  };
  for (const [what, planned] of Object.entries(faults)) {
    it(`is resumed by the next destroy if its finalize ${what}`, async () => {
      declare({ removeBundleOnDelete: true });
      await scene.stack.must("up", "--yes", "--skip-preview");
      const mends = planned.map((fault) => scene.emulator.fail(fault));
      const failed = await scene.stack.destroy();
      assert.notEqual(failed.code, 0, failed.all);
      assert.match(failed.all, /is not finished: .* Run `pulumi destroy` again to resume it/);
      for (const mend of mends) mend();
      const run = await scene.stack.destroy();
      assert.equal(run.code, 0, run.all);
      assert.match(run.all, /the bundle at .*shop was removed by deploy/);
      assert.deepEqual(mounted(), []);
      assert.equal(scene.deploys().length, 2);
    });
  }

  it("follows a bundle that moves", async () => {
    declare({ removeBundleOnDelete: true });
    await scene.stack.must("up", "--yes", "--skip-preview");
    scene.emulator.advance(2000);
    declare({ removeBundleOnDelete: true, bundleMountPath: "/usr/local/airflow/dbt/store" });
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(mounted(), ["/usr/local/airflow/dbt/store"]);
  });
});
