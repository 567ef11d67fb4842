import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
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

  const refused: Record<string, [() => unknown, RegExp]> = {
    "a link out of them": [
      () => {
        symlinkSync("/etc", dags("etc"));
      },
      /etc is a link .*Make it point inside the folder/s,
    ],
    "a named pipe": [() => execFileSync("mkfifo", [dags("pipe")]), /pipe is a named pipe/],
    "a socket": [
      () => new Promise<void>((resolve) => createServer().listen(dags("socket"), resolve).unref()),
      /socket is a socket/,
    ],
    "a file that changes all the while": [
      () => {
        // So large that it is written to while it is read, however busy the machine.
        writeFileSync(dags("log"), Buffer.alloc(64 * 1024 * 1024));
        const write = () => {
          appendFileSync(dags("log"), "x");
          if (isWriting) setImmediate(write);
        };
        write();
      },
      /log changed while it was read/,
    ],
  };
  let isWriting = false;
  for (const [what, [make, message]] of Object.entries(refused)) {
    it(`are refused with ${what}, before anything is sent`, async () => {
      isWriting = true;
      try {
        await make();
        const run = await scene.stack.up();
        assert.notEqual(run.code, 0);
        assert.match(run.all, message);
        assert.deepEqual(scene.operations(), []);
      } finally {
        isWriting = false;
      }
    });
  }
});
