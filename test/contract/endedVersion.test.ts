import assert from "node:assert/strict";
import { startEmulator, type Emulator, type Fault } from "../../emulator";
import { createClient, type AstroClient } from "../../provider/astro/client";
import type { ApiVersion } from "../../provider/astro/types";

describe("the client, once v1beta1 has ended", () => {
  let emulator: Emulator;
  let ref: { organizationId: string; deploymentId: string };
  let said: string[];

  const connect = (apiVersion: ApiVersion = "v1beta1") =>
    createClient({
      baseUrl: emulator.url,
      apiVersion,
      token: emulator.token,
      requestTimeoutMs: 30_000,
      report: (message) => said.push(message),
    });
  /** What Astro was asked since the last time: `v1 GetDeploy 200`. */
  const asked = () =>
    emulator.requests
      .splice(0)
      .map(({ path, operation, status }) =>
        [path.startsWith("/v1/") ? "v1" : "v1beta1", operation, status].join(" "),
      );

  beforeEach(async () => {
    emulator = await startEmulator();
    const [deployment] = emulator.deployments;
    ref = { organizationId: emulator.organizationId, deploymentId: deployment?.id ?? "" };
    said = [];
  });
  afterEach(() => emulator.close());

  const reads: Record<string, (client: AstroClient, deployId: string) => Promise<unknown>> = {
    GetDeployment: (client) => client.getDeployment(ref),
    GetDeploymentOptions: (client) => client.getDeploymentOptions(ref),
    GetDeploy: (client, deployId) => client.getDeploy({ ...ref, deployId }),
    ListDeploys: (client) => client.listDeploys(ref),
    ListDeployments: (client) => client.listDeployments(ref.organizationId, {}),
  };
  for (const status of [404, 410] as const) {
    for (const [operation, read] of Object.entries(reads)) {
      it(`goes on with v1 after a ${status} to ${operation}, and says so once`, async () => {
        const { id } = emulator.foreignDeploy(ref.deploymentId);
        emulator.endVersion("v1beta1", status);
        const client = connect();
        await Promise.all([read(client, id), read(client, id)]);
        assert.equal(client.apiVersion, "v1");
        asked();
        await read(client, id);
        await client.createDeploy(ref, { type: "DAG_ONLY" });
        assert.deepEqual(asked(), [`v1 ${operation} 200`, "v1 CreateDeploy 200"]);
        assert.deepEqual(said, [
          "API version v1beta1 has ended, so this run uses v1. Set astro:apiVersion to v1.",
        ]);
      });
    }
  }

  it("goes on with v1 as well if something in front of Astro answers 404 for v1beta1", async () => {
    emulator.fail({ operation: "GetDeployment", how: { html: 404 } });
    const client = connect();
    await client.getDeployment(ref);
    assert.equal(client.apiVersion, "v1");
  });

  const others: Fault["how"][] = [
    { status: 400 },
    { status: 401 },
    { status: 403 },
    { status: 409 },
    { html: 403 },
  ];
  for (const how of others) {
    it(`stays with v1beta1 after ${JSON.stringify(how)}`, async () => {
      emulator.fail({ operation: "GetDeployment", how });
      const client = connect();
      await assert.rejects(client.getDeployment(ref));
      assert.equal(asked().length, 1);
      assert.equal(client.apiVersion, "v1beta1");
    });
  }

  it("stays with v1beta1 after a 500, with its own retries", async () => {
    emulator.fail({ operation: "GetDeployment", how: { status: 500 } });
    await connect().getDeployment(ref);
    assert.deepEqual(asked(), ["v1beta1 GetDeployment 500", "v1beta1 GetDeployment 200"]);
  });

  for (const status of [401, 403, 404] as const) {
    it(`fails as v1beta1 did if v1 answers ${status}, and stays with it`, async () => {
      emulator.fail({ operation: "GetDeployment", how: { status: 410 } });
      emulator.fail({ operation: "GetDeployment", how: { status } });
      const client = connect();
      await assert.rejects(client.getDeployment(ref), {
        status: 410,
        message: /API version v1beta1 has ended\. Set astro:apiVersion to v1\./,
      });
      assert.deepEqual(asked(), ["v1beta1 GetDeployment 410", `v1 GetDeployment ${status}`]);
      assert.equal(client.apiVersion, "v1beta1");
      assert.deepEqual(said, []);
    });
  }

  it("never leaves v1", async () => {
    emulator.endVersion("v1", 410);
    const client = connect("v1");
    await assert.rejects(client.getDeployment(ref), /API version v1 has ended\./);
    await assert.rejects(client.createDeploy(ref, { type: "DAG_ONLY" }));
    assert.deepEqual(asked(), ["v1 GetDeployment 410", "v1 CreateDeploy 410"]);
  });

  it("decides by a read if a create request comes first", async () => {
    emulator.endVersion("v1beta1", 404);
    const client = connect();
    await client.createDeploy(ref, { type: "DAG_ONLY" });
    assert.deepEqual(asked(), [
      "v1beta1 CreateDeploy 404",
      "v1beta1 GetDeployment 404",
      "v1 GetDeployment 200",
      "v1 CreateDeploy 200",
    ]);
    assert.equal(emulator.deploys(ref.deploymentId).length, 1);
  });

  it("does not repeat a create request if v1beta1 answers the read", async () => {
    emulator.fail({ operation: "CreateDeploy", how: { status: 404 } });
    const create = connect().createDeploy(ref, { type: "DAG_ONLY" });
    await assert.rejects(create, /Could not create the deploy: 404/);
    assert.deepEqual(asked(), ["v1beta1 CreateDeploy 404", "v1beta1 GetDeployment 200"]);
  });

  it("does not repeat a create request that may have been processed", async () => {
    emulator.fail({ operation: "CreateDeploy", how: { html: 404 }, when: "after" });
    const create = connect().createDeploy(ref, { type: "DAG_ONLY" });
    await assert.rejects(create, { outcome: "unknown" });
    assert.deepEqual(asked(), ["v1beta1 CreateDeploy 404"]);
  });

  it("stays with v1beta1 from the creation of a deploy to its finalize", async () => {
    const client = connect();
    const { id: deployId } = await client.createDeploy(ref, { type: "IMAGE_ONLY" });
    const deploy = { ...ref, deployId };
    emulator.endVersion("v1beta1");
    // The rest of the run is not held up.
    await client.getDeployment(ref);
    assert.equal(client.apiVersion, "v1");
    asked();
    await assert.rejects(client.getDeploy(deploy), { status: 410 });
    await assert.rejects(client.finalizeDeploy(deploy, {}), { status: 410 });
    assert.deepEqual(asked(), ["v1beta1 GetDeploy 410", "v1beta1 FinalizeDeploy 410"]);

    const next = connect();
    await next.getDeploy(deploy);
    await next.finalizeDeploy(deploy, {});
    assert.deepEqual(asked(), [
      "v1beta1 GetDeploy 410",
      "v1 GetDeploy 200",
      "v1 FinalizeDeploy 200",
    ]);
  });

  it("goes on with v1 while a finalized deploy is waited for", async () => {
    const client = connect();
    const { id: deployId } = await client.createDeploy(ref, { type: "IMAGE_ONLY" });
    await client.finalizeDeploy({ ...ref, deployId }, {});
    emulator.endVersion("v1beta1");
    assert.equal((await client.getDeploy({ ...ref, deployId })).id, deployId);
  });
});
