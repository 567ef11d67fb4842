import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { delimiter } from "node:path";
import { startEmulator } from "../../emulator";
import { cliFolder } from "../helpers/engine";
import { Project } from "../helpers/project";

describe("a program of the Automation API", () => {
  it("deploys, and tells what it deployed", async () => {
    const emulator = await startEmulator();
    // Pulumi writes the stack's settings beside the program.
    const compilerOptions = { target: "es2022", module: "node16" };
    const files = { "tsconfig.json": JSON.stringify({ compilerOptions }) };
    const project = new Project(files, ["typescript", "ts-node", "@types/node"]);
    project.copyCommitted("examples/automation", "examples/automation");
    mkdirSync(project.path("backend"));
    try {
      const child = spawn(
        process.execPath,
        [
          "-r",
          "ts-node/register/transpile-only",
          project.path("examples", "automation", "deploy.ts"),
        ],
        {
          cwd: project.folder,
          env: {
            ...project.environment(),
            ...emulator.env,
            PATH: `${cliFolder()}${delimiter}${process.env.PATH ?? ""}`,
            ASTRO_DEPLOYMENT_ID: emulator.deployments[0]?.id ?? "",
            PULUMI_BACKEND_URL: `file://${project.path("backend")}`,
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
      project.dispose();
    }
  });
});
