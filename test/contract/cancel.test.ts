import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmulator, type Emulator, type Operation } from "../../emulator";
import { FakeEngine } from "../helpers/lifecycle";

describe("a deploy that is cancelled", () => {
  let emulator: Emulator;
  let home: string;

  beforeEach(async () => {
    emulator = await startEmulator({ processingMs: Infinity });
    home = mkdtempSync(join(tmpdir(), "cancel-"));
    writeFileSync(join(home, "a.py"), "a = 1\n");
  });
  afterEach(async () => {
    await emulator.close();
    rmSync(home, { recursive: true });
  });

  const engine = (signal: AbortSignal, more: object = {}) => {
    const exclude = ["stage-*"];
    const args = { type: "DAG_ONLY", dags: home, exclude, ...more };
    return new FakeEngine(emulator, args, { token: emulator.token, home, signal });
  };
  const statuses = (fake: FakeEngine) => fake.deploys().map(({ status }) => status);

  const stages: readonly [Operation, left: string[]][] = [
    ["GetDeployment", []],
    ["CreateDeploy", []],
    ["PutBlob", ["INITIALIZED"]],
    ["FinalizeDeploy", ["INITIALIZED"]],
    ["GetDeploy", ["INITIALIZED"]],
  ];
  for (const [operation, left] of stages) {
    it(`ends in its ${operation}, and the next run finishes it`, async () => {
      const cancel = new AbortController();
      const fake = engine(cancel.signal);
      const mend = emulator.fail({ operation, how: "hang", times: Infinity });
      const stop = emulator.onRequest((event) => {
        if (event.operation === operation) cancel.abort();
      });
      const error = await fake.up();
      assert.match(error?.message ?? "", /cancelled/);
      assert.deepEqual(statuses(fake), left);
      assert.equal(fake.resource !== undefined, left.length > 0);

      stop();
      mend();
      fake.resume();
      emulator.onRequest((event) => {
        if (event.operation !== "GetDeploy") return;
        for (const { id } of fake.deploys()) emulator.finish(id);
      });
      assert.equal(await fake.up(), undefined);
      assert.deepEqual(statuses(fake), ["DEPLOYED"]);
    });
  }

  it("ends in a pause of the wait", async () => {
    const cancel = new AbortController();
    const fake = engine(cancel.signal);
    emulator.onRequest(({ operation, phase }) => {
      if (operation !== "GetDeploy" || phase !== "after") return;
      setTimeout(() => {
        cancel.abort();
      }, 100);
    });
    assert.match((await fake.up())?.message ?? "", /not finished: .*it was cancelled\. The next/);
    assert.equal(fake.resource?.outputs.progress.finalize, "done");
  });

  const sleepers: readonly Operation[] = [
    "UpdateDeploymentHibernationOverride",
    "CreateDeploy",
    "GetDeploy",
  ];
  for (const operation of sleepers) {
    it(`lets the Deployment that it woke up hibernate again, in its ${operation}`, async () => {
      const [deployment] = emulator.deployments;
      assert.ok(deployment);
      deployment.status = "HIBERNATING";
      const cancel = new AbortController();
      const fake = engine(cancel.signal, { wakeUp: true });
      emulator.onRequest((event) => {
        if (event.operation === operation && event.phase === "after") cancel.abort();
      });
      assert.match((await fake.up())?.message ?? "", /cancelled/);
      assert.equal(emulator.requests.at(-1)?.operation, "DeleteDeploymentHibernationOverride");
      assert.equal(emulator.deployments[0]?.status, "HIBERNATING");
      assert.deepEqual(fake.notices, []);
    });
  }

  it("ends while it packs, and leaves nothing behind", async () => {
    const cancel = new AbortController();
    const fake = engine(cancel.signal);
    const packages = () =>
      readdirSync(tmpdir()).filter((name) =>
        name.startsWith(`pulumi-astro-deploy-${process.pid}-`),
      );
    const before = packages();
    emulator.onRequest(({ operation, phase }) => {
      if (operation === "GetDeployment" && phase === "after") cancel.abort();
    });
    assert.ok(await fake.up());
    assert.deepEqual([statuses(fake), packages()], [[], before]);
  });
});
