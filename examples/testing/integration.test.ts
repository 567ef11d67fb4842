// The program through the real engine, by the Automation API, against a local Astro.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation";
import { startEmulator, type Emulator } from "pulumi-astro-deploy/emulator";
import { deployEtl } from "./etl";

describe("the program, against a local Astro", () => {
  let folder: string;
  let emulator: Emulator;
  let stack: Stack;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "etl-"));
    cpSync(join(__dirname, "dags"), join(folder, "dags"), { recursive: true });
    emulator = await startEmulator({ deployments: [{ name: "test-etl" }] });
    // The program's own look-up runs in this process.
    Object.assign(process.env, emulator.env);
    stack = await LocalWorkspace.createStack(
      {
        stackName: "test",
        projectName: "astro-testing",
        program: () => Promise.resolve(deployEtl("test-etl", join(folder, "dags"))),
      },
      {
        // With its Pulumi.yaml, and its packages, among which Pulumi looks for the provider.
        workDir: __dirname,
        envVars: {
          ...emulator.env,
          PULUMI_BACKEND_URL: pathToFileURL(folder).href,
          PULUMI_CONFIG_PASSPHRASE: "test",
        },
      },
    );
  });
  after(async () => {
    await emulator.close();
    await stack.workspace.removeStack("test", { force: true });
    rmSync(folder, { recursive: true });
  });

  const deploys = () => emulator.deploys(emulator.deployments[0]?.id ?? "");

  it("deploys its DAGs", async () => {
    const { outputs } = await stack.up();
    assert.equal(outputs.status?.value, "DEPLOYED");
    const [deploy] = deploys();
    const files = await emulator.members(deploy?.dagTarballVersion ?? "");
    assert.deepEqual(
      files.map(({ name }) => name),
      ["dags/heartbeat.py"],
    );
  });

  it("fails if Astro cannot deploy a change", async () => {
    writeFileSync(join(folder, "dags", "orders.py"), "orders = 1\n");
    emulator.plan({ status: "FAILED" });
    await assert.rejects(stack.up(), /FAILED/);
    assert.deepEqual(
      deploys().map(({ status }) => status),
      ["DEPLOYED", "FAILED"],
    );
  });
});
