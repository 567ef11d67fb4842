import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { ImageError } from "../../provider/image/info";
import { inspectImage } from "../../provider/image/inspect";
import { pushImage } from "../../provider/image/push";
import { parseImageReference } from "../../provider/image/reference";
import type { ImageTool } from "../../provider/image/tools/tool";
import { findTool } from "../../provider/image/tools";
import { retryPolicy } from "../../provider/http/retry";
import { writeLayout } from "../helpers/images";
import { craneFolder, Daemon, needsRegistry } from "../helpers/imageTools";
import { Registry, type RegistryFault } from "../helpers/registry";

/** What speaks to the registry must leave this process free: the requests come by way of it. */
const run = promisify(execFile);

const password = "an-api-token";
const limit = { ms: 60_000, setting: "astro:uploadTimeoutSeconds" };

describe("a push of an image to a real registry", function () {
  let registry: Registry;
  let folder: string;
  let digests: Record<string, string>;
  const path = (name: string) => join(folder, name);
  const { PATH, DOCKER_HOST } = process.env;

  before(async function () {
    needsRegistry(this);
    folder = mkdtempSync(join(tmpdir(), "astro-images-"));
    digests = await writeLayout(path("layout"), {
      one: {},
      list: { content: "many", platforms: ["linux/arm64", "linux/amd64"] },
    });
    await writeLayout(path("sole"), { latest: { content: "alone" } });
    registry = await Registry.start("cli", password);
    const skopeo = (...args: string[]) => run("skopeo", args);
    await skopeo("copy", `oci:${path("layout")}:one`, `oci-archive:${path("oci.tar")}:one`);
    await skopeo(
      "copy",
      `oci:${path("layout")}:one`,
      `docker-archive:${path("saved.tar")}:acme/etl:1`,
    );
    for (const name of ["oci.tar", "saved.tar"]) {
      writeFileSync(path(`${name}.gz`), gzipSync(readFileSync(path(name))));
    }
    const login = ["--dest-tls-verify=false", `--dest-creds=cli:${password}`];
    await skopeo(
      ...["copy", "--all", ...login],
      ...[`oci:${path("layout")}:list`, `docker://${registry.address}/elsewhere/list:1`],
    );
  });
  after(async () => {
    await (registry as Registry | undefined)?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => {
    process.env.PATH = PATH;
    if (DOCKER_HOST === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = DOCKER_HOST;
    registry.mend();
  });

  let pushed = 0;

  /** Inspects and pushes as a deploy does, and holds the registry to what the push returned. */
  async function ship(
    image: string,
    tool?: ImageTool,
    { signal, ...target }: { password?: string; signal?: AbortSignal } = {},
  ) {
    const source = parseImageReference(image);
    assert.ok(source, image);
    const facts = await inspectImage(source, { tool, limit });
    const found = await findTool(source.transport, tool, facts.isOnlyImage);
    const tag = `deploy-${++pushed}`;
    const digest = await pushImage(
      source,
      {
        repository: `${registry.address}/org/deployment`,
        tag,
        username: "cli",
        password,
        ...target,
      },
      { tool: found, limit, signal },
    );
    assert.equal(digest, await registry.digest("org/deployment", tag));
    return { facts, digest };
  }

  /** Of the configuration, which says what the image holds whatever the registry's manifest is. */
  const configOf = (digest: string) => {
    const { config } = JSON.parse(registry.manifestBytes(digest).toString()) as {
      config: { digest: string };
    };
    return config.digest;
  };

  describe("by skopeo", () => {
    it("keeps the digest of an OCI layout", async () => {
      const { facts, digest } = await ship(`oci:${path("layout")}:one`, "skopeo");
      assert.equal(digest, digests.one);
      assert.equal(facts.digest, digests.one);
    });

    it("takes the linux/amd64 image out of a list", async () => {
      const { facts, digest } = await ship(`oci:${path("layout")}:list`, "skopeo");
      assert.equal(digest, facts.digest);
      assert.notEqual(digest, digests.list);
    });

    it("ships an OCI archive", async () => {
      const { digest } = await ship(`oci-archive:${path("oci.tar")}`, "skopeo");
      assert.equal(digest, digests.one);
    });

    for (const tag of ["", ":acme/etl:1", ":docker.io/acme/etl:1"]) {
      it(`ships an archive of docker save${tag && `, ${tag}`}`, async () => {
        const { facts, digest } = await ship(`docker-archive:${path("saved.tar")}${tag}`, "skopeo");
        assert.equal(configOf(digest), facts.digest);
      });
    }

    for (const [form, file] of Object.entries({
      "oci-archive": "oci",
      "docker-archive": "saved",
    })) {
      it(`ships an ${form} that gzip has compressed`, async () => {
        const { facts, digest } = await ship(`${form}:${path(`${file}.tar.gz`)}`, "skopeo");
        assert.equal(configOf(digest), configOf(digests.one ?? ""));
        assert.equal(facts.digest, (await ship(`${form}:${path(`${file}.tar`)}`)).facts.digest);
      });
    }

    it("ships from another registry, with the user's login there", async () => {
      const login = path("auth.json");
      await run("skopeo", [
        ...["login", "--tls-verify=false", `--authfile=${login}`],
        ...["--username=cli", `--password=${password}`, registry.address],
      ]);
      process.env.REGISTRY_AUTH_FILE = login;
      try {
        const { facts, digest } = await ship(
          `docker://${registry.address}/elsewhere/list:1`,
          "skopeo",
        );
        assert.equal(digest, facts.digest);
        assert.notEqual(digest, digests.list);
        // As @pulumi/docker-build names what it has pushed.
        const both = await ship(
          `docker://${registry.address}/elsewhere/list:1@${digests.list ?? ""}`,
          "skopeo",
        );
        assert.equal(both.digest, digest);
      } finally {
        delete process.env.REGISTRY_AUTH_FILE;
      }
    });
  });

  describe("by crane", function () {
    this.timeout(300_000);

    before(function () {
      craneFolder(this);
    });
    beforeEach(function () {
      process.env.PATH = `${craneFolder(this)}${delimiter}${PATH ?? ""}`;
    });

    it("keeps the digest of an OCI layout", async () => {
      const { facts, digest } = await ship(`oci:${path("sole")}:latest`, "crane");
      assert.equal(digest, facts.digest);
    });

    it("ships an archive of docker save", async () => {
      const { facts, digest } = await ship(`docker-archive:${path("saved.tar")}`, "crane");
      assert.equal(configOf(digest), facts.digest);
    });

    it("ships an archive of docker save that gzip has compressed", async () => {
      const { facts, digest } = await ship(`docker-archive:${path("saved.tar.gz")}`, "crane");
      assert.equal(configOf(digest), facts.digest);
    });

    it("is refused where it would have to pick one of several images", async () => {
      await assert.rejects(ship(`oci:${path("layout")}:one`, "crane"), {
        message:
          "astro:imageTool is crane, which does not support oci with several images; use skopeo",
      });
    });

    it("ships from another registry, with the user's login there", async () => {
      process.env.DOCKER_CONFIG = path("docker");
      try {
        await run("crane", [
          ...["auth", "login", "--username=cli", `--password=${password}`, registry.address],
        ]);
        const image = `docker://${registry.address}/elsewhere/list:1`;
        const { facts, digest } = await ship(image, "crane");
        assert.equal(digest, facts.digest);
        // Whichever tool is found, the same image has the same digest in the inputs.
        process.env.REGISTRY_AUTH_FILE = path("docker/config.json");
        const source = parseImageReference(image);
        assert.ok(source);
        const { digest: same } = await inspectImage(source, { tool: "skopeo", limit });
        assert.equal(same, digest);
        const both = await ship(`${image}@${digests.list ?? ""}`, "crane");
        assert.equal(both.digest, digest);
      } finally {
        delete process.env.DOCKER_CONFIG;
        delete process.env.REGISTRY_AUTH_FILE;
      }
    });
  });

  describe("from a daemon", () => {
    let daemon: Daemon | undefined;

    before(async function () {
      daemon = await Daemon.start(this, registry.address);
      await daemon.load(path("saved.tar"));
    });
    beforeEach(() => {
      process.env.DOCKER_HOST = daemon?.host;
    });
    after(() => daemon?.stop());

    for (const tool of ["docker", "skopeo"] as const) {
      it(`ships an image by ${tool}`, async () => {
        const { facts, digest } = await ship("docker-daemon:acme/etl:1", tool);
        assert.equal(configOf(digest), facts.digest);
      });

      it(`ships an image that a tag and a digest name, by ${tool}`, async () => {
        const format = "--format={{index .RepoDigests 0}}";
        const inspected = await run("docker", ["image", "inspect", format, "acme/etl:1"]);
        const [, digest = ""] = inspected.stdout.trim().split("@");
        const { facts } = await ship(`docker-daemon:acme/etl:1@${digest}`, tool);
        assert.equal(facts.digest, (await ship("docker-daemon:acme/etl:1", tool)).facts.digest);
      });

      it(`says that there is no such image, by ${tool}`, async () => {
        await assert.rejects(
          ship("docker-daemon:acme/none:1", tool),
          /(docker|skopeo) failed: (?!.*acme\/none).*(the image|no such image)/i,
        );
      });
    }

    it("leaves the daemon's images as they were", () => {
      const images = execFileSync("docker", ["image", "ls", "--format={{.Repository}}:{{.Tag}}"]);
      assert.match(images.toString(), /^(docker\.io\/)?acme\/etl:1\n$/);
    });
  });

  it("tells that the registry refused the login, and never the password", async () => {
    const wrong = "a-token-that-is-wrong";
    await assert.rejects(
      ship(`oci:${path("layout")}:one`, "skopeo", { password: wrong }),
      (error) =>
        error instanceof ImageError &&
        /unauthorized/i.test(error.message) &&
        !error.message.includes(wrong),
    );
  });

  it("ends when it is cancelled", async () => {
    const cancel = new AbortController();
    registry.fail({ call: "manifest", how: "hang" });
    registry.onRequest = () => {
      if (registry.requests.at(-1)?.startsWith("PUT")) cancel.abort();
    };
    const image = `oci:${path("layout")}:one`;
    await assert.rejects(ship(image, "skopeo", { signal: cancel.signal }), /skopeo was cancelled/);
    registry.onRequest = undefined;
  });

  /** How often a manifest was put while the registry fails so. */
  async function manifestPuts(how: RegistryFault["how"], said: RegExp): Promise<number> {
    registry.fail({ call: "manifest", how });
    registry.requests.splice(0);
    await assert.rejects(ship(`oci:${path("layout")}:one`, "skopeo"), said);
    return registry.requests.filter((line) => /^PUT .*\/manifests\//.test(line)).length;
  }

  it("is repeated by the one policy while the registry's fault may pass, and tells it then", async function () {
    this.timeout(60_000);
    for (const how of [{ status: 500 }, { status: 503 }, "reset"] as const) {
      const said = typeof how === "object" ? String(how.status) : "EOF";
      assert.equal(
        await manifestPuts(how, new RegExp(`skopeo failed: .*${said}`)),
        retryPolicy.attempts,
      );
    }
  });

  it("is not repeated where that cannot succeed", async () => {
    for (const status of [400, 401, 403, 404, 413]) {
      assert.equal(await manifestPuts({ status }, /skopeo failed: /), 1, String(status));
    }
  });

  it("ends when its time is over", async () => {
    registry.fail({ call: "blob", how: "hang" });
    const source = parseImageReference(`oci:${path("layout")}:list`);
    assert.ok(source);
    await assert.rejects(
      pushImage(
        source,
        { repository: `${registry.address}/org/slow`, tag: "1", username: "cli", password },
        { tool: "skopeo", limit: { ...limit, ms: 500 } },
      ),
      /skopeo took longer than 0\.5 seconds; raise astro:uploadTimeoutSeconds/,
    );
  });

  it("tells which tools would do where there is none", async () => {
    process.env.PATH = folder;
    await assert.rejects(
      findTool("oci", undefined),
      /no installed tool supports oci: install skopeo or crane/,
    );
    await assert.rejects(findTool("oci", "skopeo"), /skopeo, which is not installed/);
    await assert.rejects(
      findTool("oci-archive", "crane"),
      /crane, which does not support oci-arch/,
    );
  });

  it("shows the password on no command line, and leaves it in no file", async function () {
    if (process.platform !== "linux") this.skip();
    const left = () =>
      readdirSync(tmpdir()).filter((name) =>
        name.startsWith(`pulumi-astro-deploy-${process.pid}-`),
      );
    const before = left();
    let commandLines = "";
    registry.onRequest = () => {
      for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        try {
          commandLines += readFileSync(`/proc/${pid}/cmdline`, "utf8");
        } catch {
          // It has ended.
        }
      }
    };
    await ship(`oci:${path("layout")}:one`, "skopeo");
    registry.onRequest = undefined;
    assert.match(commandLines, /skopeo\0/);
    const encoded = Buffer.from(`cli:${password}`).toString("base64");
    assert.ok(!commandLines.includes(password) && !commandLines.includes(encoded));
    assert.deepEqual(left(), before);
  });
});
