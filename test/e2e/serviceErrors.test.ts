import assert from "node:assert/strict";
import { setScene, type Scene } from "../helpers/declared";

const refusals: Record<number, RegExp> = {
  400: /Could not create the deploy: 400 .*\(request /s,
  401: /Could not create the deploy: 401 .*The token is wrong, expired or revoked.*--run-program/s,
  403: /Could not create the deploy: 403 .*lacks the permission deployment\.deploys\.create/s,
  404: /Could not create the deploy: 404 .*Check deploymentId and organizationId/s,
};

describe("errors of the service, through the real engine", () => {
  let scene: Scene;

  before(async () => {
    scene = await setScene({ files: { "dags/a.py": "a = 1\n" } });
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" } });
  });
  after(() => scene.dispose());

  for (const [status, message] of Object.entries(refusals)) {
    it(`tell a ${status}, its request, and what to do`, async () => {
      scene.emulator.fail({ operation: "CreateDeploy", how: { status: Number(status) } });
      const run = await scene.stack.up();
      assert.notEqual(run.code, 0);
      assert.match(run.all, message);
      assert.deepEqual(scene.deploys(), []);
    });
  }

  it("tell a Deployment that does not exist, before anything is created", async () => {
    scene.declare({ etl: { deploymentId: "nowhere", type: "DAG_ONLY", dags: "./dags" } });
    scene.operations();
    const run = await scene.stack.up();
    assert.notEqual(run.code, 0);
    assert.match(run.all, /Could not read the Deployment nowhere: 404/);
    assert.doesNotMatch(run.all, /v1beta1|pulumi refresh/);
    assert.equal(scene.operations().includes("CreateDeploy"), false);
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" } });
  });

  it("send the POST again after a 500 only where the list shows that it was not processed", async () => {
    scene.stack.setEnv("ASTRO_REQUEST_TIMEOUT_SECONDS", "5");
    scene.operations();
    scene.emulator.fail({ operation: "CreateDeploy", how: { status: 500 } });
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.equal(scene.deploys().length, 1);
    const posts = scene.operations().filter((name) => /CreateDeploy|ListDeploys/.test(name));
    // It may be slow to show, so the list is asked for more than once.
    const looks = ["ListDeploys", "ListDeploys", "ListDeploys"];
    assert.deepEqual(posts, ["CreateDeploy", ...looks, "CreateDeploy"]);
  });
});

describe("the organization, through the real engine", () => {
  it("need not be named where the token names it", async () => {
    const scene = await setScene({ files: { "dags/a.py": "a = 1\n" } });
    try {
      scene.declare({
        etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" },
      });
      scene.stack.setEnv("ASTRO_ORGANIZATION_ID", undefined);
      const run = await scene.stack.up();
      assert.equal(run.code, 0, run.all);
      assert.equal(scene.deploys()[0]?.status, "DEPLOYED");
    } finally {
      await scene.dispose();
    }
  });
});
