import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { startEmulator } from "../../emulator";
import { cliFolder, root } from "../helpers/engine";

describe("a program of the Automation API", () => {
  it("deploys, and tells what it deployed", async () => {
    const emulator = await startEmulator();
    const backend = mkdtempSync(join(tmpdir(), "astro-automation-"));
    try {
      const child = spawn(
        process.execPath,
        [
          "-r",
          "ts-node/register/transpile-only",
          join(root, "examples", "automation", "deploy.ts"),
        ],
        {
          cwd: root,
          env: {
            ...process.env,
            ...emulator.env,
            PATH: `${cliFolder()}${delimiter}${process.env.PATH ?? ""}`,
            ASTRO_DEPLOYMENT_ID: emulator.deployments[0]?.id ?? "",
            PULUMI_BACKEND_URL: `file://${backend}`,
            PULUMI_CONFIG_PASSPHRASE: "automation",
            PULUMI_SKIP_UPDATE_CHECK: "true",
            PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
          },
        },
      );
      let text = "";
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      const code = await new Promise((resolve) => child.on("close", resolve));
      assert.equal(code, 0, text);
      const [deploy] = emulator.deploys(emulator.deployments[0]?.id ?? "");
      assert.equal(deploy?.status, "DEPLOYED");
      assert.match(text, new RegExp(`${deploy.id} is DEPLOYED`));
    } finally {
      await emulator.close();
      rmSync(backend, { recursive: true });
    }
  });
});
