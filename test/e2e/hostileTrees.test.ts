import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { setScene, type Scene } from "../helpers/declared";

describe("hostile folders, through the real engine", () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await setScene({ files: { "dags/a.py": "a = 1\n" } });
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" } });
  });
  afterEach(() => scene.dispose());

  const dags = (...names: string[]) => scene.stack.path("dags", ...names);

  it("ship every name, empty files and links that stay inside, and nothing else", async () => {
    const names = [
      "x".repeat(255),
      "two\nlines",
      "😀.py",
      "A.py",
      "a/b/c/d.py",
      "__proto__",
      "-rf",
    ];
    for (const name of names) scene.stack.write(`dags/${name}`, "");
    scene.stack.write("dags/.git/config", "");
    mkdirSync(dags("nothing in it"));
    symlinkSync("circle", dags("circle"));
    symlinkSync("..", dags("a/up"));
    symlinkSync("nowhere", dags("broken"));

    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    const [deploy] = scene.deploys();
    assert.equal(deploy?.status, "DEPLOYED");
    const members = await scene.emulator.members(deploy.dagTarballVersion ?? "");
    assert.deepEqual(
      members.map(({ name }) => name).sort(),
      ["a.py", "circle", "a/up", "broken", ...names].map((name) => `dags/${name}`).sort(),
    );
    assert.deepEqual((await scene.stack.up()).steps, { etl: "same" });
  });
});
