import assert from "node:assert/strict";
import { startEmulator, type Emulator } from "../../emulator";
import { InitFailed, ProviderHost, type Properties } from "../helpers/providerHost";

describe("the provider plugin, over gRPC", () => {
  let emulator: Emulator;
  let host: ProviderHost;
  let deploymentId: string;
  let declared: Properties;

  const start = (options: { files?: Record<string, string>; config?: Properties } = {}) =>
    ProviderHost.start({
      host: "plugin",
      files: { "dags/a.py": "a = 1\n" },
      env: emulator.env,
      ...options,
    });

  beforeEach(async () => {
    emulator = await startEmulator();
    deploymentId = emulator.deployments[0]?.id ?? "";
    host = await start();
    declared = { deploymentId, type: "DAG_ONLY", dags: "./dags" };
  });
  afterEach(async () => {
    await host.stop();
    await emulator.close();
  });

  it("hands over a deploy that was begun, with what resumes it", async () => {
    const takeBack = emulator.fail({ operation: "FinalizeDeploy", how: { status: 400 } });
    const { inputs } = await host.check({}, declared);
    const failed: unknown = await host.create(inputs).catch((error: unknown) => error);
    assert.ok(failed instanceof InitFailed, String(failed));
    const [deploy] = emulator.deploys(deploymentId);
    assert.equal(failed.id, deploy?.id);
    assert.equal(failed.reasons.length, 1);

    takeBack();
    const { properties } = await host.update(failed.id, failed.properties, inputs);
    assert.equal(properties.status, "DEPLOYED");
    assert.equal(emulator.deploys(deploymentId).length, 1);
  });
});
