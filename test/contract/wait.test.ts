import assert from "node:assert/strict";
import { startEmulator } from "../../emulator";
import { createClient } from "../../provider/astro/client";
import { waitForEnd } from "../../provider/lifecycle/deploy/wait";
import { connection, readSettings } from "../../provider/hosts/settings";

describe("the wait for a deploy's end", () => {
  it("asks ever more rarely", async () => {
    const emulator = await startEmulator({ processingMs: 6000 });
    try {
      const client = createClient(connection(readSettings(() => undefined, emulator.env)));
      const ref = {
        organizationId: emulator.organizationId,
        deploymentId: emulator.deployments[0]?.id ?? "",
      };
      const begun = await client.createDeploy(ref, { type: "IMAGE_ONLY" });
      await client.finalizeDeploy({ ...ref, deployId: begun.id }, {});
      emulator.requests.splice(0);
      const deploy = await waitForEnd(client, { ...ref, deployId: begun.id }, begun, 60_000);
      assert.equal(deploy.status, "DEPLOYED");
      // At an even pace of the first pause there would be twelve.
      const { length } = emulator.requests;
      assert.ok(length <= 7, `${length} requests`);
    } finally {
      await emulator.close();
    }
  });
});
