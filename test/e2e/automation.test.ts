import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { delimiter } from "node:path";
import { startEmulator } from "../../emulator";
import { digestTree } from "../../provider/artifact/digest";
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

describe("relative paths in an inline program of the Automation API", () => {
  const program = `
const { LocalWorkspace } = require("@pulumi/pulumi/automation");
const { AstroDeploy, gitFromCheckout } = require("pulumi-astro-deploy");
const program = async () => {
  const { dagsDigest, git } = new AstroDeploy("etl", {
    deploymentId: process.env.ASTRO_DEPLOYMENT_ID,
    type: "DAG_ONLY",
    dags: "./dags",
    git: gitFromCheckout("./dags"),
  });
  return { dagsDigest, git };
};
(async () => {
  const seen = [];
  for (const [stackName, options] of Object.entries(JSON.parse(process.env.WORKSPACES))) {
    const stack = await LocalWorkspace.createOrSelectStack({ stackName, projectName: stackName, program }, options);
    const { outputs } = await stack.up();
    const { deployment } = await stack.exportStack();
    seen.push([stackName, outputs.dagsDigest.value, outputs.git.value.commitSha, deployment.resources.at(-1).inputs.dags]);
  }
  process.stdout.write(JSON.stringify(seen));
})();
`;

  it("start at the working directory of the process, whatever the workspace", async () => {
    const emulator = await startEmulator();
    const project = new Project({
      "program.js": program,
      "here/dags/a.py": "a = 1\n",
      "work/dags/b.py": "b = 1\n",
      "work/main/dags/c.py": "c = 1\n",
    });
    mkdirSync(project.path("backend"));
    const git = (...args: string[]) =>
      execFileSync("git", ["-C", project.path("here"), ...args], { encoding: "utf8" }).trim();
    try {
      git("init", "-q", "-b", "main");
      git("config", "user.name", "Ada");
      git("config", "user.email", "ada@acme.io");
      git("remote", "add", "origin", "git@github.com:acme/etl.git");
      git("add", "-A");
      git("commit", "-qm", "First");
      const workDir = project.path("work");
      const runtime = "nodejs";
      const workspaces = {
        alone: { workDir },
        settings: { workDir, projectSettings: { name: "settings", runtime } },
        main: { workDir, projectSettings: { name: "main", runtime, main: "main" } },
      };
      const child = spawn(process.execPath, [project.path("program.js")], {
        cwd: project.path("here"),
        env: {
          ...project.environment(),
          ...emulator.env,
          PATH: `${cliFolder()}${delimiter}${process.env.PATH ?? ""}`,
          ASTRO_DEPLOYMENT_ID: emulator.deployments[0]?.id ?? "",
          WORKSPACES: JSON.stringify(workspaces),
          PULUMI_BACKEND_URL: `file://${project.path("backend")}`,
          PULUMI_CONFIG_PASSPHRASE: "automation",
          PULUMI_SKIP_UPDATE_CHECK: "true",
          PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        },
      });
      const texts = { stdout: "", stderr: "" };
      for (const name of ["stdout", "stderr"] as const) {
        child[name].setEncoding("utf8").on("data", (chunk: string) => (texts[name] += chunk));
      }
      const code = await new Promise((resolve) => child.on("close", resolve));
      assert.equal(code, 0, texts.stderr);
      const { digest } = await digestTree(project.path("here", "dags"), { prefix: "dags" });
      const sha = git("rev-parse", "HEAD");
      assert.deepEqual(
        JSON.parse(texts.stdout),
        Object.keys(workspaces).map((name) => [name, digest, sha, "./dags"]),
      );
      assert.equal(emulator.deploys(emulator.deployments[0]?.id ?? "").length, 3);
    } finally {
      await emulator.close();
      project.dispose();
    }
  });
});
