import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmulator, type Emulator, type Operation } from "../../emulator";
import { FakeEngine } from "../helpers/lifecycle";

// Each step over gRPC: test/host/cancel.test.ts.
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
});
