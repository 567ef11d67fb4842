import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { imageTools, type ImageTool } from "../../provider/image/tools/tool";
import { setScene, type Declared, type Scene } from "../helpers/declared";
import { runtimeLabel, writeLayout, type MadeImage } from "../helpers/images";
import { craneFolder, Daemon, needsRegistry } from "../helpers/imageTools";
import { children, kill } from "../helpers/processes";
import { Registry, type RegistryCall } from "../helpers/registry";
import { eventually } from "../helpers/eventually";

/** What speaks to the registry must leave this process free: the requests come by way of it. */
const execute = promisify(execFile);

/** A user's, for it carries no permissions. */
const token = `x.${Buffer.from('{"sub":"user-of-the-test"}').toString("base64url")}.x`;

interface Outputs {
  id: string;
  status: string;
  imageDigest?: string;
}

describe("deploys of images, through the real engine and to a real registry", () => {
  let registry: Registry;
  let scene: Scene;

  before(async function () {
    needsRegistry(this);
    registry = await Registry.start("cli", token);
  });
  after(() => (registry as Registry | undefined)?.stop());

  beforeEach(async () => {
    registry.requests.splice(0);
    scene = await setScene({
      emulator: {
        token,
        registry: registry.address,
        // The deploy fails where the image is not there.
        verifyImages: async (repository, tag) =>
          (await registry.digest(repository.split("/").slice(1).join("/"), tag)) !== undefined,
        deployments: [
          { name: "with DAG deploys", astroRuntimeVersion: "3.0-1" },
          { name: "without", isDagDeployEnabled: false },
          { name: "asleep", status: "HIBERNATING" },
          { name: "enforced", isCicdEnforced: true },
          { name: "old", astroRuntimeVersion: "11.9.0" },
          { name: "remote", isDagDeployEnabled: false, remoteExecution: { enabled: true } },
          { name: "on Airflow 2", astroRuntimeVersion: "12.0.0" },
          {},
        ],
      },
      files: { "dags/a.py": "a = 1\n" },
      stack: { env: { CI: "false" } },
    });
    await layout({ v1: {}, v2: { content: "another" } });
  });
  afterEach(async () => {
    registry.mend();
    await scene.dispose();
  });

  const layout = (images: Record<string, MadeImage>) =>
    writeLayout(scene.stack.path("image"), images);

  const declare = (args: Record<string, unknown>) => {
    scene.declare({
      etl: { deploymentId: scene.deploymentId, type: "IMAGE_ONLY", image: "oci:image:v1", ...args },
    });
  };
  const etl = async () => (await scene.stack.outputs()).etl as Outputs;
  const up = async () => {
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.equal((await etl()).status, "DEPLOYED");
    return run.steps.etl;
  };
  const pushes = () =>
    registry.requests.splice(0).filter((line) => /^PUT .*\/manifests\//.test(line));

  it("have the import errors of the DAGs told, those beside the image and those in it", async () => {
    const { emulator } = scene;
    emulator.failImport({ file: "a.py", trace: "ImportError: acme" });
    const [beside, within] = [0, 1].map((at) => emulator.deployments[at]?.id ?? "");
    const shared = { type: "IMAGE_AND_DAG", image: "oci:image:v1", reportImportErrors: true };
    scene.declare({
      beside: { deploymentId: beside, dags: "./dags", ...shared },
      within: { deploymentId: within, ...shared },
    });
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    for (const [name, id] of Object.entries({ beside, within })) {
      const told = `warning: ${name} (Deployment ${id}): Airflow cannot import a.py: ImportError: acme`;
      assert.ok(run.all.includes(told), run.all);
    }
  });

  it("push what the tag names, once, and another image only when it is another", async () => {
    const { v1, v2 } = await layout({ v1: {}, v2: { content: "another" } });
    declare({});
    assert.equal(await up(), "create");
    const { id, imageDigest } = await etl();
    assert.equal(imageDigest, v1);
    assert.equal(pushes().length, 1);
    assert.equal(scene.deploys().at(-1)?.id, id);

    assert.equal(await up(), "same");
    assert.deepEqual(pushes(), []);

    declare({ image: "oci:image:v2" });
    assert.equal((await scene.stack.preview()).steps.etl, "replace");
    assert.deepEqual(pushes(), [], "a preview pushes nothing");
    assert.equal(await up(), "replace");
    assert.equal((await etl()).imageDigest, v2);
    assert.equal(pushes().length, 1);

    // The same image from another place is the same; the login to that place is the user's own.
    const auth = Buffer.from(`cli:${token}`).toString("base64");
    scene.stack.write("auth.json", JSON.stringify({ auths: { [registry.address]: { auth } } }));
    scene.stack.setEnv("REGISTRY_AUTH_FILE", scene.stack.path("auth.json"));
    const { imageRepository = "", imageTag = "" } = scene.deploys().at(-1) ?? {};
    declare({ image: `docker://${imageRepository}:${imageTag}` });
    assert.equal(await up(), "same");
    // As @pulumi/docker-build has it in `ref`.
    declare({ image: `docker://${imageRepository}:${imageTag}@${v2 ?? ""}` });
    assert.equal(await up(), "same");
  });

  it("wait until the Deployment runs the image, with waitFor: HEALTHY", async () => {
    declare({ waitFor: "HEALTHY" });
    scene.emulator.plan({ rolloutMs: 3_600_000 });
    const runs = () => scene.emulator.deployments[0]?.imageTag === scene.deploys()[0]?.imageTag;
    let reads = 0;
    let ranBefore: boolean | undefined;
    scene.emulator.onRequest(({ operation, phase }) => {
      const isWaiting = scene.deploys()[0]?.status === "DEPLOYED";
      if (operation !== "GetDeployment" || phase !== "after" || !isWaiting || ++reads !== 3) return;
      ranBefore = runs();
      scene.emulator.advance(3_600_000);
    });
    assert.equal(await up(), "create");
    assert.deepEqual([ranBefore, runs()], [false, true]);
  });

  it("ship DAGs beside the image with IMAGE_AND_DAG", async () => {
    declare({ type: "IMAGE_AND_DAG", dags: "./dags" });
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.match(run.all, /: pushing the image/);
    const deploy = scene.deploys().at(-1);
    assert.equal(deploy?.status, "DEPLOYED");
    assert.ok(deploy.dagTarballVersion);
    assert.equal(pushes().length, 1);

    scene.stack.write("dags/a.py", "a = 2\n");
    assert.equal(await up(), "replace");
  });

  it("ship the DAGs within the image where DAG deploys are off, or none if all is remote", async () => {
    const { emulator } = scene;
    const [without, remote] = [1, 5].map((at) => emulator.deployments[at]?.id ?? "");
    const image = "oci:image:v1";
    scene.declare({
      within: { deploymentId: without, type: "IMAGE_AND_DAG", image },
      alone: { deploymentId: remote, type: "IMAGE_ONLY", image },
    });
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    const made = [without, remote].flatMap((id = "") => emulator.deploys(id));
    assert.deepEqual(
      made.map(({ type, status }) => [type, status]),
      [
        ["IMAGE_AND_DAG", "DEPLOYED"],
        ["IMAGE_ONLY", "DEPLOYED"],
      ],
    );
  });

  describe("by each tool, from each place that an image can be in", () => {
    let v1: string;
    let elsewhere: string;
    let open: string[];

    // The same image in every place.
    beforeEach(async () => {
      const { stack, emulator } = scene;
      open = [0, 6, 7].map((at) => emulator.deployments[at]?.id ?? "");
      const made = await layout({ v1: {}, v2: { content: "another" } });
      v1 = made.v1 ?? "";
      await writeLayout(stack.path("sole"), { v1: {} });
      await writeLayout(stack.path("list"), { v1: { platforms: ["linux/arm64", "linux/amd64"] } });
      elsewhere = `docker://${registry.address}/elsewhere/etl:1`;
      const auth = Buffer.from(`cli:${token}`).toString("base64");
      stack.write("login/config.json", JSON.stringify({ auths: { [registry.address]: { auth } } }));
      stack.setEnv("DOCKER_CONFIG", stack.path("login"));
      stack.setEnv("REGISTRY_AUTH_FILE", stack.path("login/config.json"));
      for (const target of [
        ["oci-archive:oci.tar:v1"],
        ["docker-archive:saved.tar:acme/etl:1"],
        ["--dest-tls-verify=false", `--dest-creds=cli:${token}`, elsewhere],
      ]) {
        await execute("skopeo", ["copy", "oci:image:v1", ...target], { cwd: stack.folder });
      }
    });

    /** Sets astro:imageTool, and breaks the other tools. */
    const choose = async (tool: ImageTool, folder = "") => {
      const { stack } = scene;
      await stack.config("astro:imageTool", tool);
      for (const other of imageTools.filter((name) => name !== tool)) {
        stack.write(`without-${tool}/${other}`, "#!/bin/sh\nexit 1\n");
        chmodSync(stack.path(`without-${tool}`, other), 0o755);
      }
      const folders = [folder, stack.path(`without-${tool}`), process.env.PATH];
      stack.setEnv("PATH", folders.filter(Boolean).join(delimiter));
    };
    const inRegistry = (digest: string) =>
      JSON.parse(registry.manifestBytes(digest).toString()) as Record<string, unknown>;
    const contentOf = (digest: string) => {
      const { config } = inRegistry(digest) as { config: { digest: string } };
      const { os, architecture, rootfs } = inRegistry(config.digest);
      return { os, architecture, rootfs };
    };
    /** Deploys each image to a Deployment of its own, and holds the outputs to the registry. */
    const ship = async (images: Record<string, string>) => {
      const entries = Object.entries(images).map(([name, image], at) => ({
        name,
        args: { deploymentId: open[at] ?? "", type: "IMAGE_ONLY", image },
      }));
      scene.declare(Object.fromEntries(entries.map(({ name, args }) => [name, args])));
      const { code, all, steps } = await scene.stack.up();
      assert.equal(code, 0, all);
      const outputs = (await scene.stack.outputs()) as Record<string, Outputs>;
      for (const { name, args } of entries) {
        const { id, status, imageDigest = "" } = outputs[name] ?? {};
        const deploy = scene.emulator.deploys(args.deploymentId).at(-1);
        assert.deepEqual([id, status], [deploy?.id, "DEPLOYED"], name);
        const [, ...repository] = deploy?.imageRepository.split("/") ?? [];
        const pushed = await registry.digest(repository.join("/"), deploy?.imageTag ?? "");
        assert.equal(imageDigest, pushed, name);
        assert.deepEqual(contentOf(imageDigest), contentOf(v1), name);
      }
      return { steps, outputs };
    };

    it("are the image of an archive or of another registry, with no tool chosen", async () => {
      await ship({
        oci: "oci-archive:oci.tar",
        saved: "docker-archive:saved.tar:acme/etl:1",
        elsewhere,
      });
    });

    it("are the image of an archive that gzip has compressed", async () => {
      for (const name of ["oci.tar", "saved.tar"]) {
        const path = scene.stack.path(`${name}.gz`);
        writeFileSync(path, gzipSync(readFileSync(scene.stack.path(name))));
      }
      await ship({
        oci: "oci-archive:oci.tar.gz",
        saved: "docker-archive:saved.tar.gz:acme/etl:1",
        elsewhere: `${elsewhere}@${v1}`,
      });
    });

    it("are carried by crane where it is chosen", async function () {
      await choose("crane", craneFolder(this));
      const saved = readFileSync(scene.stack.path("saved.tar"));
      writeFileSync(scene.stack.path("saved.tar.gz"), gzipSync(saved));
      await ship({
        oci: "oci:sole:v1",
        saved: "docker-archive:saved.tar.gz",
        elsewhere: `${elsewhere}@${v1}`,
      });
    });

    it("are the linux/amd64 image of a list by skopeo, and refused with crane", async function () {
      declare({ image: "oci:list:v1" });
      await choose("crane", craneFolder(this));
      const refused = await scene.stack.up();
      assert.notEqual(refused.code, 0);
      assert.match(
        refused.all,
        /astro:imageTool is crane, which does not support oci with several images; use skopeo/,
      );
      assert.ok(!scene.operations().includes("CreateDeploy"));

      await choose("skopeo");
      const { outputs } = await ship({ etl: "oci:list:v1" });
      assert.equal(outputs.etl?.imageDigest, v1);
    });

    it("are carried from a daemon by docker or skopeo, and the same by either", async function () {
      const daemon = await Daemon.start(this, registry.address);
      try {
        await daemon.load(scene.stack.path("saved.tar"));
        scene.stack.setEnv("DOCKER_HOST", daemon.host);
        const image = "docker-daemon:acme/etl:1";
        await choose("docker");
        await ship({ one: image });
        await choose("skopeo");
        const { steps } = await ship({ one: image, two: image });
        assert.deepEqual(steps, { one: "same", two: "create" });
      } finally {
        await daemon.stop();
      }
    });
  });

  // test/host/badInput.test.ts has every image that is refused.
  it("refuse what the layout does not hold, in the preview and without one", async () => {
    declare({ image: "oci:image:v3" });
    for (const run of [await scene.stack.preview(), await scene.stack.up()]) {
      assert.notEqual(run.code, 0);
      assert.match(run.all, /it holds no image with that tag \(its tags are v1, v2\)/);
    }
    assert.deepEqual(scene.operations(), []);
  });

  const impossible: Record<string, [number, Record<string, unknown>, RegExp]> = {
    "an image built on an older Runtime": [
      0,
      { image: "oci:old" },
      /built on Astro Runtime 2\.0-1, older than the 3\.0-1 of the Deployment with DAG deploys/,
    ],
    "DAGs beside the image, where DAG deploys are off": [
      1,
      { type: "IMAGE_AND_DAG", dags: "./dags" },
      /DAG deploys are off on the Deployment without .*: leave dags out/,
    ],
    "an image alone, where DAG deploys are off": [
      1,
      {},
      /DAG deploys are off on the Deployment without .*type IMAGE_AND_DAG only: turn/,
    ],
    "anything while the Deployment hibernates": [2, {}, /asleep .* hibernates .*wake it up/],
    "a user's token, where deploys come from CI/CD only": [
      3,
      {},
      /enforced .* takes deploys from CI\/CD only, and the token is a user's: use an API token/,
    ],
    "an image with Airflow 3 for a Runtime below 12": [
      4,
      {},
      /The image brings Airflow 3, and the Deployment old \(\w+\) is on Astro Runtime 11\.9\.0: deploy an image on Runtime 12\.0\.0 or newer first\./,
    ],
  };
  it("refuse an image on a Runtime that Astro does not offer, unless the token may not read that", async () => {
    await writeLayout(scene.stack.path("new"), { v9: { labels: { [runtimeLabel]: "3.9-1" } } });
    declare({ image: "oci:new:v9" });
    const run = await scene.stack.up();
    assert.notEqual(run.code, 0);
    assert.match(
      run.all,
      /The image is built on Astro Runtime 3\.9-1, which Astro does not offer to the Deployment with DAG deploys \(\w+\): build it on one that it offers, such as 3\.\d-\d+\./,
    );
    assert.ok(!scene.operations().includes("CreateDeploy"));

    scene.emulator.fail({ operation: "GetDeploymentOptions", how: { status: 403 } });
    await up();
  });

  it("refuse what the Deployment does not take, before anything is created", async () => {
    await writeLayout(scene.stack.path("old"), { v0: { labels: { [runtimeLabel]: "2.0-1" } } });
    const declared = Object.values(impossible).map(([at, args], n) => [
      `etl${n}`,
      {
        deploymentId: scene.emulator.deployments[at]?.id,
        ...{ type: "IMAGE_ONLY", image: "oci:image:v1" },
        ...args,
      },
    ]);
    scene.declare(Object.fromEntries(declared) as Declared);
    // One run for all: without the flag it would end with the first that is refused.
    const run = await scene.stack.up("--continue-on-error");
    assert.notEqual(run.code, 0);
    for (const [what, [, , message]] of Object.entries(impossible)) {
      assert.match(run.all, message, what);
    }
    assert.ok(!scene.operations().includes("CreateDeploy"));
  });

  for (const call of ["ping", "blob", "manifest"] as const) {
    it(`are kept and finished by the next up where the registry fails at the ${call}`, async () => {
      registry.fail({ call, how: { status: 403 } });
      declare({});
      const run = await scene.stack.up();
      assert.notEqual(run.code, 0);
      assert.match(run.all, /skopeo failed: /);
      assert.ok(!run.all.includes(token));
      assert.deepEqual(
        scene.deploys().map(({ status }) => status),
        ["INITIALIZED"],
      );
      registry.mend();
      assert.equal(await up(), "update");
      assert.equal(scene.deploys().length, 1);
    });
  }

  const moments = {
    ping: /^GET \/v2\/$/,
    blob: /\/blobs\/uploads\//,
    manifest: /^PUT .*manifests/,
  };
  for (const [call, request] of Object.entries(moments)) {
    it(`go on after all processes were killed in the push's ${call}`, async () => {
      registry.fail({ call: call as RegistryCall, how: "hang" });
      declare({});
      const engine = scene.stack.start("up", "--yes", "--skip-preview");
      const ended = once(engine, "close");
      await eventually(
        () => registry.requests.some((line) => request.test(line)),
        `the push's ${call}`,
      );
      const pid = engine.pid ?? 0;
      kill([pid, ...children(pid)]);
      await ended;
      registry.mend();
      await scene.stack.must("cancel", "--yes");

      assert.equal(await up(), "create");
      assert.deepEqual(
        scene.deploys().map(({ status }) => status),
        ["DEPLOYED"],
      );
    });
  }

  it("say which tools to install where there is none, before anything is created", async () => {
    await scene.stack.config("astro:imageTool", "crane");
    scene.stack.setEnv("PATH", (process.env.PATH ?? "").replace(/[^:]*crane[^:]*:?/g, ""));
    declare({});
    const run = await scene.stack.up();
    assert.notEqual(run.code, 0);
    assert.match(run.all, /astro:imageTool is crane, which/);
    assert.ok(!scene.operations().includes("CreateDeploy"));
  });

  it("leave the token out of the state, the output and the engine's verbose log", async () => {
    declare({});
    const run = await scene.stack.run("up", "--yes", "--skip-preview", "-v=9", "--logtostderr");
    assert.equal(run.code, 0, run.all.slice(-2000));
    const encoded = Buffer.from(`cli:${token}`).toString("base64");
    const { text } = await scene.stack.state();
    for (const secret of [token, encoded]) {
      assert.ok(!run.all.includes(secret), "output");
      assert.ok(!text.includes(secret), "state");
    }
  });
});
