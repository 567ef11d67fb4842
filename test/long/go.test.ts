import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startEmulator } from "../../emulator";
import { root } from "../helpers/engine";
import { needsHost, stackWithPlugin } from "../helpers/languages";
import { needs } from "../helpers/skip";

describe("a program in Go, through the real engine", () => {
  // It compiles Pulumi's SDK, if the machine has not done so before.
  it("deploys, and is unchanged then", async function () {
    needs(this, "go", "https://go.dev/dl/");
    needsHost(this, "go");
    const emulator = await startEmulator();
    const [deployment] = emulator.deployments;
    const stack = await stackWithPlugin({
      files: { "Pulumi.yaml": "name: project\nruntime: go\n" },
      config: { deploymentId: deployment?.id ?? "" },
      env: { ...emulator.env, GOWORK: "off", GOFLAGS: "-buildvcs=false" },
    });
    try {
      stack.copyCommitted("examples/go/dags", "dags");
      stack.copyCommitted("examples/go/main.go", "main.go");
      stack.copyCommitted("examples/go/go.sum", "go.sum");
      // The SDK's folder, from another place.
      const module = readFileSync(join(root, "examples", "go", "go.mod"), "utf8");
      stack.write("go.mod", module.replace("../../sdk/go", join(root, "sdk", "go")));
      const run = await stack.up();
      assert.equal(run.code, 0, run.all);
      const { deployId, status } = await stack.outputs();
      const deploys = emulator.deploys(deployment?.id ?? "");
      assert.deepEqual([deployId, status], [deploys[0]?.id, "DEPLOYED"]);
      assert.deepEqual((await stack.preview()).steps, { etl: "same" });
    } finally {
      stack.dispose();
      await emulator.close();
    }
  });
});
