import assert from "node:assert/strict";
import { setScene, type Scene } from "../helpers/declared";

const git = {
  provider: "GITHUB",
  commitSha: "c0ffee",
  account: "acme",
  repo: "etl",
  branch: "main",
  commitUrl: "https://github.com/acme/etl/commit/c0ffee",
};

describe("each type of deploy, through the real engine", () => {
  let scene: Scene;

  before(async () => {
    scene = await setScene({
      files: {
        "dags/a.py": "a = 1\n",
        "shop/dbt_project.yml": "name: shop\n",
        "shop/models/a.sql": "",
      },
    });
  });
  after(() => scene.dispose());

  const bundle = {
    type: "BUNDLE",
    bundleType: "dbt",
    bundleMountPath: "/usr/local/airflow/dbt/shop",
  };

  it("is exactly the POST where there is nothing to ship", async () => {
    const { deploymentId } = scene;
    scene.declare({
      image: { deploymentId, type: "IMAGE_ONLY", description: "by hand", git },
      both: { deploymentId, type: "IMAGE_AND_DAG" },
      dags: { deploymentId, type: "DAG_ONLY" },
      bundle: { deploymentId, ...bundle },
    });
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    const posts = scene.emulator.requests.filter(({ method }) => method !== "GET");
    assert.deepEqual(
      posts.map(({ operation }) => operation),
      Array(4).fill("CreateDeploy"),
    );
    assert.deepEqual(
      posts
        .map(({ body }) => body as { type: string })
        .sort((a, b) => a.type.localeCompare(b.type)),
      [
        { type: "BUNDLE", bundleType: "dbt", bundleMountPath: "/usr/local/airflow/dbt/shop" },
        { type: "DAG_ONLY" },
        { type: "IMAGE_AND_DAG" },
        { type: "IMAGE_ONLY", description: "by hand", git },
      ],
    );
    const outputs = await scene.stack.outputs();
    for (const output of Object.values(outputs) as { status: string }[]) {
      assert.equal(output.status, "INITIALIZED");
    }
    assert.deepEqual((await scene.stack.up()).steps, {
      image: "same",
      both: "same",
      dags: "same",
      bundle: "same",
    });
  });

  it("keeps every field of the response as an output, the upload URLs as secrets", async () => {
    const { resources } = await scene.stack.state();
    const [deploy] = scene.deploys().filter(({ type }) => type === "BUNDLE");
    const outputs = resources.find(({ id }) => id === deploy?.id)?.outputs ?? {};
    for (const name of [
      "createdAt",
      "imageRepository",
      "imageTag",
      "status",
      "type",
      "bundleMountPath",
    ]) {
      assert.notEqual(outputs[name], undefined, name);
    }
    assert.equal((outputs.createdBySubject as { subjectType: string }).subjectType, "SERVICEKEY");
    for (const name of ["dagsUploadUrl", "bundleUploadUrl"]) {
      assert.equal(typeof (outputs[name] as { ciphertext?: string }).ciphertext, "string", name);
    }
    assert.equal("id" in outputs, false);
  });

  it("ships a bundle from a folder", async () => {
    const { deploymentId, stack, emulator } = scene;
    scene.declare({ shop: { deploymentId, ...bundle, bundle: "./shop", exclude: ["target/"] } });
    stack.write("shop/target/compiled.sql", "not to be shipped");
    const run = await stack.up();
    assert.equal(run.code, 0, run.all);
    assert.equal(scene.deploys().at(-1)?.status, "DEPLOYED");
    const version = String(emulator.deployments[0]?.bundles[0]?.currentVersion);
    assert.deepEqual(
      (await emulator.members(version)).map(({ name }) => name),
      ["dbt_project.yml", "models/a.sql"],
    );
    stack.write("shop/target/compiled.sql", "changed");
    assert.deepEqual((await stack.up()).steps, { shop: "same" });
  });

  it("replaces when an input that describes the deploy changes, and only then", async () => {
    const { deploymentId, stack } = scene;
    const args = { deploymentId, type: "DAG_ONLY", dags: "./dags", description: "one", git };
    scene.declare({ etl: args });
    await stack.must("up", "--yes", "--skip-preview");

    const replaced = async (change: Record<string, unknown>) => {
      scene.declare({ etl: { ...args, ...change } });
      const run = await stack.preview();
      assert.equal(run.code, 0, run.all);
      return run.steps.etl;
    };
    assert.equal(await replaced({ description: "two" }), "replace");
    assert.equal(await replaced({ organizationId: "another" }), "replace");
    assert.equal(await replaced({ deploymentId: "another" }), "replace");
    assert.equal(await replaced({ ...bundle, dags: undefined }), "replace");
    assert.equal(await replaced({ git: { ...git, branch: "next" } }), "replace");
    assert.equal(await replaced({ git: undefined }), "replace");
    assert.equal(await replaced({ exclude: ["a.py"], allowEmptyDags: true }), "replace");
    assert.equal(await replaced({ dagsBaseDir: "" }), "replace");
    assert.equal(await replaced({ rollbackTo: "another" }), "replace");

    assert.equal(await replaced({ exclude: ["*.md"] }), "same");
    assert.equal(await replaced({ dags: stack.path("dags") }), "same");
    assert.equal(await replaced({ wait: false, allowEmptyDags: true }), "same");
  });

  const asUsual: Record<string, Record<string, unknown>> = {
    "nothing else is asked for": {},
    "what is asked for is done anyway": { wait: true, waitFor: "DEPLOYED", wakeUp: false },
    "the Deployment that may be woken up is awake": { wakeUp: true },
  };
  for (const [at, [when, args]] of Object.entries(asUsual).entries()) {
    it(`is four requests where DAGs are shipped, nothing has to be waited for and ${when}`, async () => {
      const { deploymentId, emulator, stack } = scene;
      emulator.plan({ processingMs: 0 });
      scene.declare({ [`once${at}`]: { deploymentId, type: "DAG_ONLY", dags: "./dags", ...args } });
      scene.operations();
      const run = await stack.up();
      assert.equal(run.code, 0, run.all);
      const { dagTarballVersion } = scene.deploys().at(-1) ?? {};
      assert.deepEqual(
        emulator.requests.map(({ operation, body }) => [operation, body]),
        [
          ["GetDeployment", undefined],
          ["CreateDeploy", { type: "DAG_ONLY" }],
          ["PutBlob", undefined],
          ["FinalizeDeploy", { dagTarballVersion }],
        ],
      );
    });
  }

  it("speaks API version v1 as well", async () => {
    const { deploymentId, stack, emulator } = scene;
    stack.setEnv("ASTRO_API_VERSION", "v1");
    emulator.requests.length = 0;
    scene.declare({
      v1: {
        deploymentId,
        type: "DAG_ONLY",
        dags: "./dags",
        git: { provider: "GENERIC", commitSha: "c0ffee", remoteUrl: "https://git.acme.io/etl.git" },
      },
    });
    const run = await stack.up();
    assert.equal(run.code, 0, run.all);
    assert.equal(scene.deploys().at(-1)?.status, "DEPLOYED");
    const api = emulator.requests.filter(({ operation }) => operation !== "PutBlob");
    assert.ok(api.every(({ path }) => path.startsWith("/v1/organizations/")));
  });
});
