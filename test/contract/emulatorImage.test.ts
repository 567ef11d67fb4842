import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "../helpers/project";
import { needs, skip } from "../helpers/skip";

interface ImageConfig {
  User: string;
  Entrypoint: string[];
  Cmd: string[];
  ExposedPorts: Record<string, unknown>;
}

describe("the emulator's image", function () {
  this.timeout(300_000);
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let emulator: ChildProcess | undefined;
  const podman = (...args: string[]) =>
    execFileSync("podman", args, { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

  before(function () {
    needs(this, "podman", "Debian and Ubuntu: apt-get install podman");
    if (process.getuid?.() !== 0) skip(this, "only root can use an image without running podman");
    folder = mkdtempSync(join(tmpdir(), "astro-image-"));
    // Images of its own, in whatever container this runs.
    const storage = join(folder, "storage.conf");
    const roots = ["graphroot", "runroot"].map((name) => `${name} = "${join(folder, name)}"`);
    writeFileSync(storage, ["[storage]", 'driver = "vfs"', ...roots].join("\n"));
    env = { ...process.env, CONTAINERS_STORAGE_CONF: storage };
  });
  after(() => {
    emulator?.kill("SIGKILL");
    spawnSync("podman", ["image", "umount", "--all"], { env });
    rmSync(folder, { recursive: true, force: true });
  });

  /** An image of this machine's Node.js, since no registry of images may be within reach. */
  function makeNodeImage(): string {
    const context = join(folder, "node");
    const put = (file: string, path: string) => {
      mkdirSync(dirname(join(context, path)), { recursive: true });
      copyFileSync(file, join(context, path));
    };
    put(process.execPath, "/usr/local/bin/node");
    const libraries = execFileSync("ldd", [process.execPath], { encoding: "utf8" });
    for (const [library] of libraries.matchAll(/\/\S+(?= \()/g)) put(library, library);
    writeFileSync(join(folder, "Containerfile"), "FROM scratch\nCOPY . /\n");
    const file = `--file=${join(folder, "Containerfile")}`;
    podman("build", "--isolation=chroot", "--layers=false", file, "--tag=localhost/node", context);
    return "localhost/node";
  }

  it("is built, and serves what a program needs", async function () {
    const options = [
      "--isolation=chroot",
      "--layers=false",
      `--build-arg=NODE_IMAGE=${makeNodeImage()}`,
    ];
    const script = join(root, "scripts", "emulatorImage.mjs");
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...options], {
      env,
      encoding: "utf8",
    });
    if (/E(NOTFOUND|AI_AGAIN|CONNREFUSED|TIMEDOUT)/.test(stderr)) {
      skip(this, "the npm registry cannot be reached");
    }
    assert.equal(status, 0, stderr);
    const image = stdout.trim();
    const [inspected] = JSON.parse(podman("image", "inspect", image)) as { Config: ImageConfig }[];
    assert.ok(inspected);
    const { User, Entrypoint, Cmd, ExposedPorts } = inspected.Config;
    assert.deepEqual(Object.keys(ExposedPorts), ["4000/tcp"]);

    const mounted = podman("image", "mount", image).trim();
    // What `podman run` does, which not every container allows.
    const user = `--userspec=${User}`;
    emulator = spawn("chroot", [user, mounted, ...Entrypoint, "--port=0", ...Cmd], {
      env: { PATH: process.env.PATH },
      stdio: ["ignore", "pipe", "inherit"],
    });
    assert.ok(emulator.stdout);
    const [printed] = (await once(emulator.stdout, "data")) as [Buffer];
    const [url = ""] = /http:\/\/127\.0\.0\.1:\d+/.exec(printed.toString()) ?? [];
    assert.equal((await fetch(`${url}/health`)).status, 200);
    assert.equal((await fetch(`${url}/`)).status, 200);
    const deployments = await fetch(`${url}/v1/organizations/emulated/deployments`, {
      headers: { authorization: "Bearer emulator" },
    });
    assert.match(await deployments.text(), /"id":"etl"/);
    emulator.kill("SIGTERM");
    await once(emulator, "exit");
  });
});
