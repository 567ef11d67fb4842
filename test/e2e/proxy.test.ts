import assert from "node:assert/strict";
import { setScene, type Scene } from "../helpers/declared";
import { putOutside, type Outside } from "../helpers/outside";
import { Proxy } from "../helpers/proxy";

const unset = ["NO_PROXY", "no_proxy"];

describe("a proxy, through the real engine", () => {
  let proxy: Proxy;
  let scene: Scene;
  let outside: Outside | undefined;

  beforeEach(async () => {
    proxy = await Proxy.start();
    scene = await setScene({ files: { "dags/a.py": "a = 1\n" } });
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" } });
    // The suite runs with NO_PROXY, which these tests must not.
    for (const name of unset) scene.stack.setEnv(name, undefined);
  });
  afterEach(async () => {
    await scene.dispose();
    await outside?.stop();
    outside = undefined;
    await proxy.stop();
  });

  async function goOutside(test: Mocha.Context, login = ""): Promise<void> {
    outside = await putOutside(test, scene.emulator, proxy);
    scene.stack.write("outside.pem", outside.certificate);
    scene.stack.setEnv("NODE_EXTRA_CA_CERTS", scene.stack.path("outside.pem"));
    scene.stack.setEnv("ASTRO_BASE_URL", outside.baseUrl);
    scene.stack.setEnv("HTTPS_PROXY", `http://${login}${proxy.host}`);
  }

  it("is not asked for this machine, whichever variable names it", async () => {
    for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]) {
      scene.stack.setEnv(name, `http://${proxy.host}`);
    }
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.equal(scene.deploys()[0]?.status, "DEPLOYED");
    assert.deepEqual(proxy.asked, []);
  });

  it("carries all of a deploy, and is given the password that its URL encodes", async function () {
    await goOutside(this, "bob:p%40ss%2Fw%25rd@");
    proxy.answer = () => (proxy.credentials.at(-1) === "bob:p@ss/w%rd" ? true : { status: 407 });
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.equal(scene.deploys()[0]?.status, "DEPLOYED");
    assert.deepEqual(
      [...new Set(proxy.asked)],
      ["CONNECT astro.test:443", "CONNECT store.test:443"],
    );
  });

  const refusals = [
    [401, "Unauthorized", /: 401 Unauthorized\. Ask the proxy's administrator to allow that host/],
    [403, "Forbidden", /: 403 Forbidden\. Ask the proxy's administrator to allow that host/],
    [407, "Proxy Authentication Required", /: 407 Proxy .*\. Put a valid user name and password/],
    [502, "Bad Gateway", /: 502 Bad Gateway\. Try again later/],
  ] as const;
  for (const [status, reason, said] of refusals) {
    it(`is named, and not the token or Astro, where it refuses to connect with ${status}`, async function () {
      await goOutside(this, "bob:s3cret-w0rd@");
      proxy.answer = () => ({ status, reason });
      const run = await scene.stack.up();
      assert.notEqual(run.code, 0);
      const text = run.all.replace(/\s+/g, " ");
      const named = `the proxy ${proxy.host} (HTTPS_PROXY) refused to connect to astro.test:443`;
      assert.ok(
        text.includes(`Could not read the Deployment ${scene.deploymentId}: ${named}`),
        text,
      );
      assert.match(text, said);
      assert.doesNotMatch(text, /token|permission|Astro's side|s3cret/);
    });
  }

  it("that refuses the store keeps the deploy, and the next `up` resumes it", async function () {
    await goOutside(this);
    proxy.answer = (target) =>
      target.startsWith("store.") ? { status: 403, reason: "Forbidden" } : true;
    const failed = await scene.stack.up();
    assert.notEqual(failed.code, 0);
    const text = failed.all.replace(/\s+/g, " ");
    assert.ok(
      text.includes(`the proxy ${proxy.host} (HTTPS_PROXY) refused to connect to store.test:443`),
      text,
    );
    assert.match(text, /The next `pulumi up` resumes it/);
    proxy.answer = () => true;
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(
      scene.deploys().map(({ status }) => status),
      ["DEPLOYED"],
    );
  });
});

describe("an answer that is not Astro's, through the real engine", () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await setScene({ files: { "dags/a.py": "a = 1\n" } });
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" } });
  });
  afterEach(() => scene.dispose());

  for (const status of [401, 403, 503]) {
    it(`is not blamed on the token or on Astro: ${status}`, async () => {
      scene.emulator.fail({ operation: "GetDeployment", how: { html: status }, times: Infinity });
      const run = await scene.stack.up();
      assert.notEqual(run.code, 0);
      const text = run.all.replace(/\s+/g, " ");
      assert.match(
        text,
        RegExp(`: ${status} "Something is in between", which is not a response of Astro's API\\.`),
      );
      assert.match(text, /something between this machine and Astro/);
      assert.doesNotMatch(text, /The token|permission|Astro's side/);
    });
  }

  it("of 404 has no refresh forget a deploy", async () => {
    assert.equal((await scene.stack.up()).code, 0);
    scene.emulator.fail({ operation: "GetDeploy", how: { html: 404 }, times: Infinity });
    const refreshed = await scene.stack.refresh();
    assert.notEqual(refreshed.code, 0);
    const told = refreshed.all.split("Diagnostics:")[1]?.split("not a response of Astro's API");
    assert.equal(told?.length, 2, refreshed.all);
    const { resources } = await scene.stack.state();
    assert.ok(resources.some(({ id }) => id === scene.deploys()[0]?.id));
  });

  it("of 403 to an upload keeps the deploy, and the next `up` resumes it", async () => {
    const stop = scene.emulator.fail({ operation: "PutBlob", how: { html: 403 }, times: Infinity });
    const failed = await scene.stack.up();
    assert.match(
      failed.all.replace(/\s+/g, " "),
      /403 "Something is in between", which is not a response of the store/,
    );
    assert.match(failed.all, /The next `pulumi up` resumes it/);
    stop();
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.equal(scene.deploys().length, 1);
  });

  it("of a storage firewall keeps the deploy as well", async () => {
    const headers = { "x-ms-error-code": "AuthorizationFailure" };
    scene.emulator.fail({ operation: "PutBlob", how: { status: 403, headers } });
    const failed = await scene.stack.up();
    assert.match(failed.all.replace(/\s+/g, " "), /403 AuthorizationFailure .* firewall/);
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.equal(scene.deploys().length, 1);
  });
});
