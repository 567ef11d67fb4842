import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmulator } from "../../emulator";
import { writeLayout } from "../helpers/images";
import { needsRegistry } from "../helpers/imageTools";
import { Stage } from "../helpers/lifecycle";
import {
  Registry,
  registryCallOf,
  type RegistryCall,
  type RegistryFault,
} from "../helpers/registry";
import { expectedOfPush } from "./expected";
import { endOf, type Outcome } from "./outcome";
import { onPortApart } from "./ports";
import { assertPlayed, playAll, type Matrix } from "./table";

interface Column {
  name: string;
  call: RegistryCall;
  /** How many such calls to let pass first. Default 0. */
  skip?: number;
}

/** The calls of a push, in their order. */
const columns: readonly Column[] = [
  { name: "ping", call: "ping" },
  { name: "blob POST", call: "blob" },
  { name: "blob PATCH", call: "blob", skip: 1 },
  { name: "blob PUT", call: "blob", skip: 2 },
  { name: "manifest PUT", call: "manifest" },
];

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

/**
 * Whether chance decides if skopeo repeats the request: a connection that is reset while a body is
 * written fails by the reset or by the write, and it takes only the reset for passing.
 */
const isChance = ({ name }: Column, how: Disturbance) => name === "blob PATCH" && how === "reset";

/** How long nothing listens where that passes, in milliseconds: skopeo tries again after a second. */
const outageMs = 500;

describe("the matrix of faults, of a push to a registry", function () {
  this.timeout(240_000);
  const token = "a-token-of-the-registry";
  const atOnce = 8;
  let folder: string;
  /** Those that no cell is played with at present. */
  const free: Registry[] = [];
  /** What a push asks for that nothing disturbs. */
  let calls: (RegistryCall | undefined)[];

  before(async function () {
    needsRegistry(this);
    folder = mkdtempSync(join(tmpdir(), "astro-push-matrix-"));
    process.env.PULUMI_HOME = folder;
    for (let n = 0; n < atOnce; n++) {
      free.push(await onPortApart((port) => Registry.start("cli", token, port)));
    }
    await play(async (registry, stage) => {
      assert.equal(await stage.up(), undefined);
      calls = callsOf(registry);
    });
  });
  after(async () => {
    delete process.env.PULUMI_HOME;
    await Promise.all(free.map((registry) => registry.stop()));
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  let images = 0;

  /** Plays with a registry of one's own, and an image that it has not seen. */
  async function play<T>(scene: (registry: Registry, stage: Stage) => Promise<T>): Promise<T> {
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
      const image = join(folder, `image-${++images}`);
      await writeLayout(image, { latest: { content: `image ${images}` } });
      const args = { type: "IMAGE_ONLY", image: `oci:${image}` };
      return await scene(registry, new Stage(emulator, args, { token, home: folder }));
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
  ): void {
    if (how !== "refused") {
      registry.fail({ call, skip, how, ...(!lasts && { times: 1 }) });
      return;
    }
    const position = [...calls.keys()].filter((n) => calls[n] === call)[skip];
    const begin = () => {
      registry.refuse();
      if (!lasts)
        setTimeout(() => {
          registry.mend();
        }, outageMs);
    };
    if (position === 0) begin();
    // The request before is answered by the connection that it came by.
    registry.onRequest = () => {
      if (registry.requests.length === position) begin();
    };
  }

  async function playCell(column: Column, how: Disturbance, lasts: boolean): Promise<Outcome> {
    return play(async (registry, stage) => {
      disturb(registry, column, how, lasts);
      const outcome = await endOf({
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
      const isEither = !lasts && isChance(column, how) && ["done", "kept"].includes(outcome);
      return isEither ? "either" : outcome;
    });
  }

  it("is right in every cell", async () => {
    const matrix: Matrix = {
      title: "an image, by skopeo",
      columns: columns.map(({ name }) => name),
      rows: disturbances.map(([name]) => name),
      play: (row, n, lasts) => {
        const [column, disturbance] = [columns[n], disturbances[row]?.[1]];
        assert.ok(column && disturbance);
        return playCell(column, disturbance, lasts);
      },
    };
    const [played] = await playAll([matrix], atOnce);
    assertPlayed(played, expectedOfPush);
  });
});

function callsOf({ requests }: Registry): (RegistryCall | undefined)[] {
  return requests.map((request) => {
    const [method = "", url = ""] = request.split(" ");
    return registryCallOf(method, url);
  });
}
