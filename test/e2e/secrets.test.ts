import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setScene, type Scene } from "../helpers/declared";
import { hold } from "../helpers/hold";
import { children, kill } from "../helpers/processes";

const ps = { encoding: "utf8" } as const;

/** Every file below a folder, as text. */
function filesBelow(folder: string): [string, string][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes("/node_modules/"))
    .map((path) => [path, readFileSync(path, "latin1")]);
}

describe("secrets, through the real engine", () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await setScene({ files: { "dags/a.py": "a = 1\n" } });
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" } });
  });
  afterEach(() => scene.dispose());

  const nowhere = (texts: [string, string][]) => {
    const secrets = [scene.emulator.token, ...scene.emulator.signatures];
    assert.ok(scene.emulator.signatures.length > 0);
    for (const secret of secrets) {
      for (const form of [secret, encodeURIComponent(secret), decodeURIComponent(secret)]) {
        for (const [place, text] of texts) {
          const at = text.indexOf(form);
          assert.equal(at, -1, `${place} holds a secret: ${text.slice(Math.max(0, at - 300), at)}`);
        }
      }
    }
  };

  it("are in no output, log, event or state of what goes well and what fails", async () => {
    const texts: [string, string][] = [];
    const run = async (name: string, ...args: string[]) => {
      const { all } = await scene.stack.run(...args);
      texts.push([name, all]);
    };
    scene.stack.setEnv("PULUMI_DEBUG_GRPC", scene.stack.path("grpc.json"));
    scene.stack.setEnv("PULUMI_DEBUG_PROMISE_LEAKS", "true");
    // What everybody on the machine can see of what runs, at each request.
    scene.emulator.onRequest(({ operation }) => {
      texts.push([`command lines at ${operation}`, execFileSync("ps", ["-ww", "-eo", "args"], ps)]);
    });
    const verbose = [
      "--logtostderr",
      "-v=9",
      "--logflow",
      `--event-log=${scene.stack.path("log.json")}`,
    ];
    await run("preview", "preview", "--diff", ...verbose);
    await run("up", "up", "--yes", "--skip-preview", ...verbose);
    await run("refresh", "refresh", "--yes", ...verbose);

    for (const operation of ["CreateDeploy", "PutBlob", "FinalizeDeploy"] as const) {
      scene.stack.write("dags/a.py", `a = ${JSON.stringify(operation)}\n`);
      scene.emulator.fail({ operation, how: { status: 403 } });
      await run(`${operation} fails`, "up", "--yes", "--skip-preview", "--debug");
    }
    await run("state", "stack", "export");
    await run("output", "stack", "output");
    await run("destroy", "destroy", "--yes");
    nowhere([...texts, ...filesBelow(scene.stack.folder)]);
  });

  it("are in no state, log or output where the token comes from the stack's configuration", async () => {
    const { stack, emulator } = scene;
    stack.setEnv("ASTRO_API_TOKEN", undefined);
    await stack.must("config", "set", "--secret", "astro:token", emulator.token);
    const texts: [string, string][] = [];
    const runs: Record<string, () => Promise<{ all: string }>> = {
      preview: () => stack.preview("--diff"),
      up: () => stack.up(),
      refresh: () => stack.refresh(),
      state: () => stack.run("stack", "export"),
    };
    for (const [name, run] of Object.entries(runs)) texts.push([name, (await run()).all]);
    assert.equal(scene.deploys()[0]?.status, "DEPLOYED");
    emulator.fail({ operation: "FinalizeDeploy", how: { status: 403 } });
    stack.write("dags/a.py", "a = 2\n");
    texts.push(["a failure", (await stack.up()).all]);
    nowhere([...texts, ...filesBelow(stack.folder)]);
  });

  it("are in nothing that a process leaves behind that is killed", async () => {
    const temporary = scene.stack.path(".temporary");
    mkdirSync(temporary);
    scene.stack.setEnv("TMPDIR", temporary);
    const { arrived, release } = hold(scene.emulator, "FinalizeDeploy");
    const engine = scene.stack.start("up", "--yes", "--skip-preview");
    const ended = once(engine, "close");
    let dump = "";
    for (const stream of [engine.stdout, engine.stderr]) {
      stream?.on("data", (text: Buffer) => (dump += text.toString("latin1")));
    }
    await arrived;
    const pid = engine.pid ?? 0;
    kill([pid, ...children(pid)], "SIGABRT");
    await ended;
    release();
    const left = filesBelow(scene.stack.folder);
    assert.ok(
      left.some(([path]) => path.includes("/astro-deploy/")),
      "nothing was left behind, not even the note of the deploy",
    );
    assert.match(dump, /SIGABRT/);
    nowhere([["the crash dump", dump], ...left]);
  });
});
