import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, truncateSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmulator, type Emulator, type EmulatorOptions, type Operation } from "../../emulator";
import { eventually } from "../helpers/eventually";
import { HostEngine } from "../helpers/hostEngine";
import { writeLayout } from "../helpers/images";
import { needsRegistry } from "../helpers/imageTools";
import { InitFailed, ProviderHost, type Properties } from "../helpers/providerHost";
import { Registry } from "../helpers/registry";

const bundle = {
  type: "BUNDLE",
  bundle: "./dags",
  bundleType: "dags",
  bundleMountPath: "/usr/local/airflow/include/shop",
  removeBundleOnDelete: true,
};

describe("the provider plugin that is interrupted, over gRPC", () => {
  let folder: string;
  let emulator: Emulator;
  let engine: HostEngine;

  const files = { "dags/a.py": "a = 1\n" };
  const dags = { type: "DAG_ONLY", dags: "./dags" };
  const deploys = () => emulator.deploys(emulator.deployments[0]?.id ?? "");
  const statuses = () => deploys().map(({ status }) => status);
  /** The packages, and the logins for the registry. */
  const temporary = () =>
    readdirSync(engine.home).filter((name) => name.startsWith("pulumi-astro-deploy-"));

  async function begin(args: Properties, options: EmulatorOptions = {}): Promise<void> {
    emulator = await startEmulator(options);
    const deploymentId = emulator.deployments[0]?.id ?? "";
    engine = new HostEngine("plugin", emulator, { deploymentId, ...args }, files);
  }
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "interrupted-"));
  });
  afterEach(async () => {
    engine.dispose();
    await emulator.close();
    rmSync(folder, { recursive: true });
  });

  /** An up that is cancelled as soon as `arrived` says so, and what is left of it. */
  async function cancelledUp(arrived: Promise<unknown>): Promise<void> {
    const failed = await engine.up((host) => void arrived.then(() => host.cancel()));
    assert.match(String(failed), / was cancelled/);
    assert.deepEqual(temporary(), []);
    const [deploy] = deploys();
    assert.equal(engine.resource?.id, deploy?.id);
    assert.equal(failed instanceof InitFailed, deploy !== undefined);
  }

  async function endsWithOneDeploy(): Promise<void> {
    emulator.onRequest(({ operation }) => {
      if (operation === "GetDeploy") for (const { id } of deploys()) emulator.finish(id);
    });
    assert.equal(await engine.up(), undefined);
    assert.deepEqual(statuses(), ["DEPLOYED"]);
  }

  const moments: readonly [Operation, progress: object | undefined][] = [
    ["GetDeployment", undefined],
    ["CreateDeploy", undefined],
    ["PutBlob", {}],
    ["FinalizeDeploy", { finalize: "sent" }],
    ["GetDeploy", { finalize: "done" }],
  ];
  for (const [operation, expected] of moments) {
    it(`ends in its ${operation}, and the next one goes on`, async () => {
      await begin(dags, { processingMs: Infinity });
      const mend = emulator.fail({ operation, how: "hang", times: Infinity });
      const arrived = new Promise<void>((resolve) => {
        emulator.onRequest((event) => {
          if (event.operation === operation) resolve();
        });
      });
      await cancelledUp(arrived);
      const { dagTarballVersion, ...progress } = (engine.resource?.outputs.progress ??
        {}) as Properties;
      assert.deepEqual(engine.resource && progress, expected);
      assert.equal(
        dagTarballVersion !== undefined,
        expected !== undefined && operation !== "PutBlob",
      );
      mend();
      await endsWithOneDeploy();
    });
  }

  it("ends while it packs, and leaves nothing behind", async () => {
    const large = join(folder, "large.bin");
    writeFileSync(large, "");
    // Long enough to be packed to be interrupted in it.
    truncateSync(large, 256 * 1024 * 1024);
    await begin({ ...dags, dags: folder, allowEmptyDags: true });
    const packing = new Promise<void>((resolve) => {
      const watcher = watch(engine.home, (_, name) => {
        if (!name?.startsWith("pulumi-astro-deploy-")) return;
        watcher.close();
        resolve();
      });
    });
    await cancelledUp(packing);
    assert.deepEqual(statuses(), []);
    truncateSync(large, 1);
    await endsWithOneDeploy();
  });

  it("ends in its push, and the next one pushes again", async function () {
    needsRegistry(this);
    const token = "x.e30.x";
    const registry = await Registry.start("cli", token);
    try {
      await writeLayout(join(folder, "image"), { v1: {} });
      const image = `oci:${join(folder, "image")}:v1`;
      await begin({ type: "IMAGE_ONLY", image }, { token, registry: registry.address });
      registry.fail({ call: "blob", how: "hang" });
      const pushing = eventually(
        () => registry.requests.some((line) => line.includes("/blobs/uploads/")),
        "the push uploads a blob",
      );
      await cancelledUp(pushing);
      assert.deepEqual([statuses(), engine.resource?.outputs.progress], [["INITIALIZED"], {}]);
      registry.mend();
      await endsWithOneDeploy();
    } finally {
      await registry.stop();
    }
  });

  it("ends a create, an update and a delete after the time that customTimeouts allow, and goes on", async () => {
    await begin(bundle, { processingMs: Infinity });
    const start = () => ProviderHost.start({ host: "plugin", files, env: emulator.env });
    let host = await start();
    const tooLong = (call: string) =>
      new RegExp(`longer than 1 seconds, the ${call} of the resource's customTimeouts`);
    try {
      const { inputs } = await host.check({}, engine.args);
      const failed: unknown = await host.create(inputs, { timeout: 1 }).catch((e: unknown) => e);
      assert.ok(failed instanceof InitFailed, String(failed));
      assert.match(failed.message, tooLong("create"));
      const { id, properties: begun } = failed;
      await assert.rejects(host.update(id, begun, inputs, { timeout: 1 }), tooLong("update"));
      emulator.finish(id);
      const { properties } = await host.update(id, begun, inputs);
      assert.equal(properties.status, "DEPLOYED");

      // Of another run, whose program no longer declares it.
      await host.stop();
      host = await start();
      await assert.rejects(host.delete(id, properties, { timeout: 1 }), tooLong("delete"));
      emulator.finish(deploys()[1]?.id ?? "");
      await host.delete(id, properties, { timeout: 60 });
      assert.deepEqual(statuses(), ["DEPLOYED", "DEPLOYED"]);
    } finally {
      await host.stop();
    }
  });
});
