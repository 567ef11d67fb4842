import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmulator } from "../../emulator";
import { diff } from "../../provider/lifecycle/diff";
import { UnfinishedDeploy } from "../../provider/lifecycle/unfinished";
import { writeLayout } from "../helpers/images";
import { needsRegistry } from "../helpers/imageTools";
import { playLifecycle } from "../helpers/lifecycle";
import {
  Registry,
  registryCalls,
  type RegistryCall,
  type RegistryFault,
} from "../helpers/registry";

const faults: Record<string, RegistryFault["how"]> = {
  "reset before": "reset",
  "reset after": "reset after",
  "no answer": "hang",
  "401": { status: 401 },
  "403": { status: 403 },
  "429": { status: 429 },
  "500": { status: 500 },
  "502": { status: 502 },
  "503": { status: 503 },
  truncated: "truncate",
  html: "html",
};

/**
 * `done` by the same `up`; `kept` in the state with a clear error, and done by the next `up`; or
 * `fresh`: skopeo took a lie for the registry's word, Astro failed the deploy for want of the image,
 * and the next `up` made another.
 */
type Outcome = "done" | "kept" | "fresh";

describe("the matrix of faults, of a push to a registry", function () {
  this.timeout(600_000);
  let folder: string;
  let registry: Registry;
  const password = "a-token-of-the-registry";

  before(async function () {
    needsRegistry(this);
    folder = mkdtempSync(join(tmpdir(), "astro-push-matrix-"));
    process.env.PULUMI_HOME = join(folder, "pulumi");
    registry = await Registry.start("cli", password);
  });
  after(async () => {
    delete process.env.PULUMI_HOME;
    await (registry as Registry | undefined)?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  let played = 0;

  async function play(call: RegistryCall, how: RegistryFault["how"]): Promise<Outcome> {
    const emulator = await startEmulator({
      token: password,
      registry: registry.address,
      verifyImages: async (repository, tag) =>
        (await registry.digest(repository.split("/").slice(1).join("/"), tag)) !== undefined,
    });
    try {
      // What the registry has already is not asked for again.
      const image = join(folder, `image-${++played}`);
      await writeLayout(image, { latest: { content: `image ${played}` } });
      const stage = playLifecycle(emulator, { type: "IMAGE_ONLY", image: `oci:${image}` });
      const inputs = await stage.inputs();
      registry.fail({ call, how });
      const failed = await stage.create(inputs).then(
        () => undefined,
        (error: unknown) => error,
      );
      registry.mend();
      if (failed === undefined) {
        assert.deepEqual(stage.statuses(), ["DEPLOYED"]);
        return "done";
      }
      assert.ok(failed instanceof UnfinishedDeploy, "nothing was kept");
      assert.ok(!failed.message.includes(password));
      if (diff(failed.properties, inputs).replaces.length > 0) {
        assert.match(failed.message, /FAILED.* makes a fresh deploy/);
        await stage.create(inputs);
        assert.deepEqual(stage.statuses(), ["FAILED", "DEPLOYED"]);
        return "fresh";
      }
      assert.match(failed.message, /^Deploy c\w+ of Deployment .*skopeo (failed:|took longer) /s);
      await stage.update(failed.id, failed.properties, inputs);
      assert.deepEqual(stage.statuses(), ["DEPLOYED"]);
      return "kept";
    } finally {
      registry.mend();
      await emulator.close();
    }
  }

  it("has the deploy finished, or kept with a clear error, in every cell", async () => {
    const width = 14;
    const table: string[] = [["".padEnd(width), ...registryCalls].join("  ")];
    for (const [name, how] of Object.entries(faults)) {
      const cells = [];
      for (const call of registryCalls) {
        const outcome = await play(call, how).catch((error: unknown) => {
          throw new Error(`${call}, ${name}: ${(error as Error).message}`, { cause: error });
        });
        // Only what says 200 to a manifest that it did not take can deceive a tool.
        assert.ok(outcome !== "fresh" || (call === "manifest" && name === "html"));
        cells.push(outcome.padEnd(call.length));
      }
      table.push([name.padEnd(width), ...cells].join("  "));
    }
    console.log(
      `\nA registry's fault that lasts as long as the \`pulumi up\`:\n${table.join("\n")}`,
    );
  });
});
