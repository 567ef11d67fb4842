import assert from "node:assert/strict";
import { execFile, type ChildProcess } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { startEmulator } from "../../emulator";
import type { ImageTool } from "../../provider/image/tools/tool";
import { writeLayout } from "../helpers/images";
import { craneFolder, Daemon, needsRegistry } from "../helpers/imageTools";
import { FakeEngine } from "../helpers/lifecycle";
import {
  Registry,
  registryCallOf,
  type RegistryCall,
  type RegistryFault,
} from "../helpers/registry";
import { runAndClassify, type Outcome } from "./outcome";
import { onPortApart } from "../helpers/ports";
import { push, type Rule } from "./rules";
import { assertPlayed, playAll, type Matrix } from "./table";

interface Column {
  name: string;
  call: RegistryCall;
  /** How many such calls to let pass first. Default 0. */
  skip?: number;
}

/** The tool takes any 2xx for a success: then Astro finds no image, and the deploy is FAILED. */
const rejectsManifest = push({ html: "fresh/fresh", shape: "fresh/fresh" });

/** The calls of a push, in their order. crane and docker upload blobs side by side. */
const columns: Readonly<Record<ImageTool, readonly (Column & { rule: Rule })[]>> = {
  skopeo: [
    { name: "ping", call: "ping", rule: push() },
    { name: "blob POST", call: "blob", rule: push() },
    { name: "blob PATCH", call: "blob", skip: 1, rule: push() },
    { name: "blob PUT", call: "blob", skip: 2, rule: push() },
    { name: "manifest PUT", call: "manifest", rule: rejectsManifest },
  ],
  crane: [
    {
      name: "ping",
      call: "ping",
      // It goes on whatever the answer to the ping says, but not if that never comes to its end.
      rule: push({ html: "done/done", shape: "done/done", 401: "done/done", trickle: "kept/kept" }),
    },
    { name: "blob POST", call: "blob", rule: push() },
    { name: "manifest PUT", call: "manifest", rule: push({ "reset after": "done/done" }) },
  ],
  docker: [
    { name: "ping", call: "ping", rule: push() },
    { name: "blob POST", call: "blob", rule: push() },
    { name: "manifest PUT", call: "manifest", rule: rejectsManifest },
  ],
};

type Disturbance = RegistryFault["how"] | "refused";

const disturbances: readonly (readonly [name: string, how: Disturbance])[] = [
  ["refused", "refused"],
  ["reset before", "reset"],
  ["reset after", "reset after"],
  ["timeout before", "hang"],
  ["timeout after", "hang after"],
  ["429", { status: 429 }],
  ["429 seconds", { status: 429, headers: { "retry-after": "1" } }],
  ["500", { status: 500 }],
  ["502", { status: 502 }],
  ["503", { status: 503 }],
  ["504", { status: 504 }],
  ["truncated", "truncate"],
  ["html", "html"],
  ["shape", "shape"],
  ["trickle", { trickleMs: 200 }],
  ["401", { status: 401 }],
  ["403", { status: 403 }],
];

describe("the matrix of faults, of a push to a registry", function () {
  this.timeout(900_000);
  const token = "a-token-of-the-registry";
  const atOnce = 8;
  let folder: string;
  /** Those that no cell is played with at present. */
  const free: Registry[] = [];
  let daemon: Daemon | undefined;
  const { PATH, DOCKER_HOST } = process.env;

  before(async function () {
    needsRegistry(this);
    folder = mkdtempSync(join(tmpdir(), "astro-push-matrix-"));
    for (let n = 0; n < atOnce; n++) {
      free.push(await onPortApart((port) => Registry.start("cli", token, port)));
    }
  });
  after(async () => {
    await daemon?.stop();
    await Promise.all(free.map((registry) => registry.stop()));
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  afterEach(() => {
    process.env.PATH = PATH;
    if (DOCKER_HOST === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = DOCKER_HOST;
  });

  let images = 0;

  /** Makes an image that no registry has seen, where the tool takes it from. */
  async function makeImage(tool: ImageTool): Promise<string> {
    const n = ++images;
    const image = `oci:${join(folder, `image-${n}`)}`;
    await writeLayout(join(folder, `image-${n}`), { latest: { content: `image ${n}` } });
    if (tool !== "docker") return image;
    const archive = join(folder, `image-${n}.tar`);
    await promisify(execFile)("skopeo", ["copy", image, `docker-archive:${archive}:acme/etl:${n}`]);
    await daemon?.load(archive);
    return `docker-daemon:acme/etl:${n}`;
  }

  /** Plays with a registry of one's own, and an image that it has not seen. */
  async function play<T>(
    tool: ImageTool,
    scene: (registry: Registry, stage: FakeEngine) => Promise<T>,
  ): Promise<T> {
    const registry = free.pop();
    assert.ok(registry);
    registry.requests.length = 0;
    const emulator = await startEmulator({
      token,
      registry: registry.address,
      verifyImages: async (repository, tag) =>
        (await registry.digest(repository.split("/").slice(1).join("/"), tag)) !== undefined,
    });
    try {
      const args = { type: "IMAGE_ONLY", image: await makeImage(tool) };
      const env = {
        ASTRO_IMAGE_TOOL: tool,
        ASTRO_UPLOAD_TIMEOUT_SECONDS: "10",
        // The registry is what is disturbed here, and a look at an image may wait its turn.
        ASTRO_REQUEST_TIMEOUT_SECONDS: "60",
      };
      return await scene(registry, new FakeEngine(emulator, args, { token, home: folder, env }));
    } finally {
      registry.onRequest = undefined;
      registry.mend();
      free.push(registry);
      await emulator.close();
    }
  }

  /** It ends by {@link Registry.mend}. */
  function disturb(
    registry: Registry,
    { call, skip = 0 }: Column,
    how: Disturbance,
    lasts: boolean,
    calls: readonly (RegistryCall | undefined)[],
  ): void {
    if (how !== "refused") {
      registry.fail({ call, skip, how, ...(!lasts && { times: 1 }) });
      return;
    }
    const position = [...calls.keys()].filter((n) => calls[n] === call)[skip];
    const begin = () => {
      registry.refuse();
    };
    // One that passes is over when a run of the tool has failed, however long that took.
    if (!lasts) {
      onFailureOfTool(registry, () => {
        registry.mend();
      });
    }
    if (position === 0) begin();
    // The request before is answered by the connection that it came by.
    registry.onRequest = () => {
      if (registry.requests.length === position) begin();
    };
  }

  async function playCell(
    tool: ImageTool,
    column: Column,
    how: Disturbance,
    lasts: boolean,
    calls: readonly (RegistryCall | undefined)[],
  ): Promise<Outcome> {
    return play(tool, async (registry, stage) => {
      disturb(registry, column, how, lasts, calls);
      return runAndClassify({
        stage,
        act: () => stage.up(),
        heal: () => {
          const made = callsOf(registry).filter((call) => call === column.call).length;
          assert.ok(how === "refused" || made > (column.skip ?? 0), "the call was never made");
          registry.mend();
        },
        asked: () => true,
        end: "DEPLOYED",
        secrets: () => [Buffer.from(`cli:${token}`).toString("base64")],
      });
    });
  }

  async function playMatrix(tool: ImageTool): Promise<void> {
    // What a push asks for that nothing disturbs.
    const calls = await play(tool, async (registry, stage) => {
      assert.equal(await stage.up(), undefined);
      return callsOf(registry);
    });
    const matrix: Matrix = {
      title: `an image, by ${tool}`,
      columns: columns[tool],
      rows: disturbances.map(([name]) => name),
      play: (row, n, lasts) => {
        const [column, disturbance] = [columns[tool][n], disturbances[row]?.[1]];
        assert.ok(column && disturbance);
        return playCell(tool, column, disturbance, lasts, calls);
      },
    };
    const [played] = await playAll([matrix], atOnce);
    assertPlayed(played);
  }

  it("follows the rules in every cell, by skopeo", () => playMatrix("skopeo"));

  it("follows the rules in every cell, by crane", async function () {
    process.env.PATH = `${craneFolder(this)}${delimiter}${PATH ?? ""}`;
    await playMatrix("crane");
  });

  it("follows the rules in every cell, by docker", async function () {
    daemon = await Daemon.start(this, ...free.map(({ address }) => address));
    process.env.DOCKER_HOST = daemon.host;
    await playMatrix("docker");
  });
});

/** Calls back once, when a process that was started with the registry's address has failed. */
function onFailureOfTool({ address }: Registry, callback: () => void): void {
  const onStart = (message: unknown) => {
    const { process: child } = message as { process: ChildProcess };
    child.once("exit", (code) => {
      if (code === 0 || !child.spawnargs.some((arg) => arg.includes(address))) return;
      unsubscribe("child_process", onStart);
      callback();
    });
  };
  subscribe("child_process", onStart);
}

function callsOf({ requests }: Registry): (RegistryCall | undefined)[] {
  return requests.map((request) => {
    const [method = "", url = ""] = request.split(" ");
    return registryCallOf(method, url);
  });
}
