import assert from "node:assert/strict";
import { setScene, type Scene } from "../helpers/declared";

/** A folder may come as an output of a deploy, which the first preview does not know. */
const program = `
const { AstroDeploy } = require("pulumi-astro-deploy");
for (const [name, { after, opts, bundle: folder, ...args }] of Object.entries(require("./declared.json"))) {
  const bundle = after ? module.exports[after].apply(() => folder) : folder;
  const { status, bundleMountPath } = new AstroDeploy(name, { ...args, bundle }, opts);
  Object.assign(module.exports, { [name]: status, [name + "Path"]: bundleMountPath });
}
`;

describe("a dbt project without bundleMountPath, through the real engine", () => {
  let scene: Scene;
  let dbt: Record<string, unknown>;
  const shopPath = "/usr/local/airflow/dbt/shop";
  const overwrites = /deploy to the same part of one Deployment/;

  beforeEach(async () => {
    scene = await setScene({
      files: {
        "index.js": program,
        "shop/dbt_project.yml": "name: shop\n",
        "users/dbt_project.yml": "name: users\n",
        "files/a.txt": "",
      },
    });
    const { deploymentId } = scene;
    dbt = { deploymentId, type: "BUNDLE", bundle: "./shop", bundleType: "dbt" };
  });
  afterEach(() => scene.dispose());

  const sentPaths = () =>
    scene.emulator.requests
      .filter(({ operation }) => operation === "CreateDeploy")
      .map(({ body }) => (body as { bundleMountPath?: string }).bundleMountPath);

  it("is mounted where the astro CLI mounts it, and the preview shows the path", async () => {
    const { stack } = scene;
    scene.declare({ shop: { ...dbt, removeBundleOnDelete: true } });
    const preview = await stack.preview("--diff");
    assert.equal(preview.code, 0, preview.all);
    assert.match(preview.all, /bundleMountPath *: "\/usr\/local\/airflow\/dbt\/shop"/);
    const up = await stack.up();
    assert.equal(up.code, 0, up.all);
    assert.deepEqual(sentPaths(), [shopPath]);
    assert.equal((await stack.outputs()).shopPath, shopPath);
    assert.equal(scene.emulator.deployments[0]?.bundles[0]?.mountPath, shopPath);
    assert.deepEqual((await stack.up()).steps, { shop: "same" });
    await stack.must("destroy", "--yes");
    assert.deepEqual(scene.emulator.deployments[0].bundles, []);
  });

  it("is not deployed again if a program takes the same path out or puts it in", async () => {
    const { stack } = scene;
    const given = { ...dbt, bundleMountPath: shopPath };
    scene.declare({ shop: given });
    await stack.must("up", "--yes", "--skip-preview");
    const fingerprint = async () => {
      const { resources } = await stack.state();
      return resources.find(({ urn }) => urn.endsWith("::shop"))?.outputs?.fingerprint;
    };
    const before = await fingerprint();
    for (const declared of [dbt, given]) {
      scene.declare({ shop: declared });
      const run = await stack.up();
      assert.equal(run.code, 0, run.all);
      assert.deepEqual(run.steps, { shop: "same" });
      assert.deepEqual(await fingerprint(), before);
    }
    assert.equal(sentPaths().length, 1);
  });

  it("is replaced if the project gets another name", async () => {
    const { stack } = scene;
    scene.declare({ shop: dbt });
    await stack.must("up", "--yes", "--skip-preview");
    stack.write("shop/dbt_project.yml", "name: store\n");
    const run = await stack.up();
    assert.deepEqual(run.steps, { shop: "replace" });
    assert.deepEqual(sentPaths(), [shopPath, "/usr/local/airflow/dbt/store"]);
  });

  it("is one of files that the program makes, too", async () => {
    const { stack } = scene;
    const bundle = { "dbt_project.yml": "name: store\n", "models/a.sql": "select 1" };
    scene.declare({ shop: { ...dbt, bundle } });
    const run = await stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(sentPaths(), ["/usr/local/airflow/dbt/store"]);
    scene.declare({ shop: { ...dbt, bundle: { "models/a.sql": "select 1" } } });
    assert.match((await stack.preview()).all, /bundle: is no dbt project: it has no dbt_project/);
    scene.declare({ shop: { ...dbt, bundle: { "dbt_project.yml": "name: *a_secret" } } });
    const { all } = await stack.preview();
    assert.match(all, /its dbt_project\.yml is no YAML/);
    assert.doesNotMatch(all, /a_secret/);
    scene.declare({ shop: { ...dbt, bundle, opts: { ignoreChanges: ["bundle"] } } });
    assert.deepEqual((await stack.preview()).steps, { shop: "same" });
  });

  it("has an unknown path as long as its folder is unknown", async () => {
    const { stack, deploymentId } = scene;
    scene.declare({
      first: { deploymentId, type: "DAG_ONLY" },
      shop: { ...dbt, after: "first" },
    });
    const preview = await stack.preview("--diff");
    assert.equal(preview.code, 0, preview.all);
    assert.match(preview.all, /bundleMountPath *: (\[unknown\]|output<string>)/);
    const up = await stack.up();
    assert.equal(up.code, 0, up.all);
    assert.equal((await stack.outputs()).shopPath, shopPath);
    assert.equal((await stack.outputs()).shop, "DEPLOYED");
  });

  it("is told from another project on the same Deployment, and not from one of its name", async () => {
    const { stack } = scene;
    scene.declare({ shop: dbt, users: { ...dbt, bundle: "./users" } });
    const apart = await stack.preview();
    assert.equal(apart.code, 0, apart.all);
    assert.doesNotMatch(apart.all, overwrites);
    stack.write("users/dbt_project.yml", "name: shop\n");
    assert.match((await stack.preview()).all, overwrites);
  });

  it("is rejected, with what is wrong, if its name gives no path", async () => {
    const { stack } = scene;
    const rejected = async (change: object, said: RegExp) => {
      scene.declare({ shop: { ...dbt, ...change } });
      const preview = await stack.preview();
      assert.notEqual(preview.code, 0);
      assert.match(preview.all, said);
      return preview.all;
    };
    const all = await rejected({ bundle: "./files" }, /bundle: is no dbt project: it/);
    assert.doesNotMatch(all, /bundleMountPath: is missing/);
    await rejected({ bundleType: "files" }, /bundleMountPath: is missing: a deploy of type BUNDLE/);
    await rejected({ bundle: undefined }, /bundleMountPath: is missing: a deploy of type BUNDLE/);
    stack.write("shop/dbt_project.yml", "name: ../dags\n");
    await rejected({}, /bundleMountPath: has "\." or "\.\." as part 5 of 6/);
    assert.deepEqual(scene.operations(), []);
  });

  it("is not read during a rollback", async () => {
    const { stack } = scene;
    scene.declare({ shop: dbt });
    await stack.must("up", "--yes", "--skip-preview");
    const [first] = scene.deploys();
    stack.write("shop/dbt_project.yml", "name: store\n");
    await stack.must("up", "--yes", "--skip-preview");
    scene.declare({ shop: { ...dbt, bundle: "./gone", rollbackTo: first?.id } });
    const run = await stack.up();
    assert.equal(run.code, 0, run.all);
    assert.equal(scene.deploys().at(-1)?.rollbackFromId, first?.id);
  });
});
