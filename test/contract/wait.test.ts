import assert from "node:assert/strict";
import { startEmulator } from "../../emulator";
import { waitForEnd } from "../../provider/lifecycle/deploy/wait";
import { sessionOf } from "../helpers/session";

describe("the wait for a deploy's end", () => {
  it("asks ever more rarely", async () => {
    const emulator = await startEmulator({ processingMs: 6000 });
    try {
      const session = sessionOf(emulator.env);
      const client = session.client();
      const ref = {
        organizationId: emulator.organizationId,
        deploymentId: emulator.deployments[0]?.id ?? "",
      };
      const created = await client.createDeploy(ref, { type: "IMAGE_ONLY" });
      await client.finalizeDeploy({ ...ref, deployId: created.id }, {});
      emulator.requests.splice(0);
      const deploy = await waitForEnd(session, { ...ref, deployId: created.id }, created);
      assert.equal(deploy.status, "DEPLOYED");
      // At an even pace of the first pause there would be twelve.
      const { length } = emulator.requests;
      assert.ok(length <= 7, `${length} requests`);
    } finally {
      await emulator.close();
    }
  });
});
