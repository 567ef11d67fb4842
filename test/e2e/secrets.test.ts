import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setScene, type Scene } from "../helpers/declared";

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

  before(async () => {
    scene = await setScene({ files: { "dags/a.py": "a = 1\n" } });
  });
  after(() => scene.dispose());

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
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" } });
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
});
