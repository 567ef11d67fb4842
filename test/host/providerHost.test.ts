import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { startEmulator, type Emulator } from "../../emulator";
import { unknownValue } from "../../provider/lifecycle/inputs/unknownValue";
import { InitFailed, ProviderHost, serializedStub, type Properties } from "../helpers/providerHost";

describe("the serialized provider, in the SDK's own host", () => {
  let text: string;
  let emulator: Emulator;
  let host: ProviderHost;
  let deploymentId: string;
  let declared: Properties;

  before(() => {
    text = serializedStub();
  });
  beforeEach(async () => {
    emulator = await startEmulator();
    deploymentId = emulator.deployments[0]?.id ?? "";
    host = await ProviderHost.start({ files: { "dags/a.py": "a = 1\n" }, env: emulator.env });
    declared = {
      __provider: text,
      deploymentId,
      type: "DAG_ONLY",
      dags: "./dags",
    };
  });
  afterEach(async () => {
    await host.stop();
    await emulator.close();
  });

  it("takes a folder to DEPLOYED, and finds nothing to change", async () => {
    const { inputs, failures } = await host.check({}, declared);
    assert.deepEqual(failures, []);
    const { id, properties } = await host.create(inputs);
    assert.equal(properties.status, "DEPLOYED");
    assert.equal(emulator.deploys(deploymentId)[0]?.id, id);

    const again = await host.check(inputs, declared);
    assert.equal((await host.diff(id, properties, again.inputs)).changes, false);
    const now = await host.read(id, properties);
    assert.equal(now.id, id);
    assert.equal((await host.diff(id, now.properties, again.inputs)).changes, false);
    await host.delete(id, properties);
  });

  it("asks for a replacement when the content changed", async () => {
    const { inputs } = await host.check({}, declared);
    const { id, properties } = await host.create(inputs);
    // What a folder ships is decided once a process, and each operation has its own.
    const files = { "dags/a.py": "a = 2\n" };
    const next = await ProviderHost.start({ files, env: emulator.env });
    const changed = await next.check(inputs, declared);
    await next.stop();
    const diff = await host.diff(id, properties, changed.inputs);
    assert.equal(diff.changes, true);
    assert.ok(diff.replaces.includes("dagsDigest"), diff.replaces.join(", "));
  });

  it("does not look at files while what is left out is not known yet", async () => {
    const { inputs } = await host.check({}, declared);
    const { id, properties } = await host.create(inputs);
    const news = { ...declared, exclude: [unknownValue] };
    const next = await ProviderHost.start({ files: { "dags/a.py": "a = 1\n" }, env: emulator.env });
    try {
      execFileSync("mkfifo", [next.path("dags/pipe")]);
      const checked = await next.check(inputs, news);
      assert.deepEqual(checked.failures, []);
      const { replaces } = await next.diff(id, properties, checked.inputs);
      assert.ok(replaces.includes("dagsDigest"), replaces.join(", "));
    } finally {
      await next.stop();
    }
  });

  it("hands over a deploy that was begun, with what resumes it", async () => {
    const takeBack = emulator.fail({ operation: "FinalizeDeploy", how: { status: 400 } });
    const { inputs } = await host.check({}, declared);
    const failed: unknown = await host.create(inputs).catch((error: unknown) => error);
    assert.ok(failed instanceof InitFailed, String(failed));
    const [deploy] = emulator.deploys(deploymentId);
    assert.equal(failed.id, deploy?.id);
    assert.equal(failed.properties.__provider, text);
    assert.equal(failed.reasons.length, 1);

    takeBack();
    const { properties } = await host.update(failed.id, failed.properties, inputs);
    assert.equal(properties.status, "DEPLOYED");
    assert.equal(emulator.deploys(deploymentId).length, 1);
  });

  it("rejects with the provider's own message, and names no token", async () => {
    await host.stop();
    host = await ProviderHost.start({
      files: { "dags/a.py": "a = 1\n" },
      env: emulator.env,
      config: { "astro:token": "not-a-token-of-this-astro" },
    });
    const { inputs } = await host.check({}, declared);
    await assert.rejects(host.create(inputs), (error: Error) => {
      assert.ok(!(error instanceof InitFailed));
      assert.match(error.message, /401|token/i);
      assert.doesNotMatch(error.message + host.printed, /not-a-token-of-this-astro/);
      return true;
    });
    assert.deepEqual(emulator.deploys(deploymentId), []);
  });

  it("lets what is not known yet through check and diff", async () => {
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const { inputs, failures } = await host.check(
      {},
      { __provider: text, deploymentId: unknown, type: unknown, dags: unknown, git: unknown },
    );
    assert.deepEqual(failures, []);
    assert.equal(inputs.dagsDigest, unknown);
    const { replaces } = await host.diff("id", { __provider: text, fingerprint: {} }, inputs);
    assert.ok(replaces.includes("dagsDigest"));
  });

  it("gives the token to calls that come before configure has ended", async () => {
    const bare = {
      __provider: text,
      deploymentId,
      type: "IMAGE_ONLY",
      organizationId: emulator.organizationId,
    };
    await host.stop();
    const { ASTRO_API_TOKEN: token, ...env } = emulator.env;
    host = await ProviderHost.start({ env, config: { "astro:token": token ?? "" } });
    const made = await Promise.all(
      [1, 2, 3].map((n) => host.create({ ...bare, description: String(n) })),
    );
    assert.equal(new Set(made.map(({ id }) => id)).size, 3);
  });

  it("checks, compares and deletes without a token, and asks for one where it is needed", async () => {
    const { inputs } = await host.check({}, declared);
    const { id, properties } = await host.create(inputs);
    await host.stop();
    const { ASTRO_API_TOKEN: _, ...env } = emulator.env;
    host = await ProviderHost.start({ files: { "dags/a.py": "a = 1\n" }, env });
    assert.equal(
      (await host.diff(id, properties, (await host.check(inputs, declared)).inputs)).changes,
      false,
    );
    await assert.rejects(
      host.create(inputs),
      /No API token: run `pulumi config set --secret astro:token`/,
    );
    await host.delete(id, properties);
  });

  it("says that a deploy is gone, and throws for one that was never known", async () => {
    const { inputs } = await host.check({}, declared);
    const { properties } = await host.create(inputs);
    assert.equal((await host.read("nowhere", properties)).id, "");
    await assert.rejects(
      host.read("nowhere", { __provider: text, deploymentId }),
      /Could not read the deploy nowhere: 404/,
    );
  });
});
