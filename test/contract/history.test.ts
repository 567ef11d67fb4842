import assert from "node:assert/strict";
import { startEmulator, type Behaviour, type Emulator } from "../../emulator";
import { createClient, type AstroClient } from "../../provider/astro/client";
import { newestDeploys } from "../../provider/lifecycle/recovery/history";
import {
  findSuccessor,
  findSupersedingDeploy,
} from "../../provider/lifecycle/recovery/supersededBy";
import { connection, readSettings } from "../../provider/hosts/settings";

const orders: Behaviour["listOrder"][] = ["newestFirst", "oldestFirst", "scattered"];

for (const listOrder of orders) {
  describe(`the history of a Deployment on several pages, listed ${listOrder}`, () => {
    let emulator: Emulator;
    let client: AstroClient;
    let deploymentId: string;
    const ref = () => ({ organizationId: emulator.organizationId, deploymentId });
    const bundle = { type: "BUNDLE", bundleMountPath: "/usr/local/airflow/dbt/shop" } as const;

    before(async () => {
      emulator = await startEmulator({ behaviour: { listOrder } });
      client = createClient(connection(readSettings(() => undefined, emulator.env)));
      deploymentId = emulator.deployments[0]?.id ?? "";
    });
    after(() => emulator.close());

    const addLater = (fields: Parameters<Emulator["foreignDeploy"]>[1]) => {
      emulator.advance(1000);
      return emulator.foreignDeploy(deploymentId, fields);
    };

    it("tells what superseded a deploy long ago", async () => {
      for (let made = 0; made < 60; made++) addLater({ type: "DAG_ONLY" });
      const first = addLater(bundle);
      const second = addLater(bundle);
      let newest = second;
      for (let made = 0; made < 60; made++) newest = addLater({ type: "DAG_ONLY" });

      const deploy = await client.getDeploy({ ...ref(), deployId: first.id });
      assert.equal((await newestDeploys(client, ref())).at(0)?.id, newest.id);
      const history = await newestDeploys(client, ref(), { since: deploy.createdAt });
      assert.equal(history[0]?.id, newest.id);
      const since = history.filter(({ createdAt }) => createdAt >= deploy.createdAt);
      assert.equal(since.length, 62);
      assert.equal(new Set(since.map(({ id }) => id)).size, 62);
      assert.equal(findSuccessor(deploy, history)?.id, second.id);
      assert.equal((await findSupersedingDeploy(client, ref(), deploy))?.deployId, second.id);
    });

    it("gives as many as asked for", async () => {
      const { length } = emulator.deploys(deploymentId);
      for (const limit of [1, 60, length + 1]) {
        const found = await newestDeploys(client, ref(), { limit });
        assert.equal(found.length, Math.min(limit, length));
        assert.equal(found[0]?.id, emulator.deploys(deploymentId).at(-1)?.id);
      }
    });

    it("gives no more than asked for", async () => {
      const newest = await newestDeploys(client, ref());
      assert.deepEqual(
        newest.map(({ id }) => id),
        emulator
          .deploys(deploymentId)
          .slice(-50)
          .map(({ id }) => id)
          .reverse(),
      );
    });
  });
}
