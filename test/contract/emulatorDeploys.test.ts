import assert from "node:assert/strict";
import { Api, emulators, firstDeployment, apiVersions } from "./emulatorSetup";

describe("emulator: reading and writing deploys", () => {
  const start = emulators();

  for (const apiVersion of apiVersions) {
    describe(apiVersion, () => {
      it("creates a deploy with every documented field", async () => {
        const emulator = await start();
        const api = new Api(emulator, apiVersion);
        const { status, body } = await api.create({ type: "DAG_ONLY", description: "first" });
        assert.equal(status, 200);
        assert.match(body.id, /^c[0-9a-z]{24}$/);
        assert.equal(body.deploymentId, api.deploymentId);
        assert.equal(body.type, "DAG_ONLY");
        assert.equal(body.status, "INITIALIZED");
        assert.equal(body.description, "first");
        assert.equal(body.isDagDeployEnabled, true);
        assert.match(body.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        assert.match(body.imageTag, /^deploy-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d$/);
        assert.equal(
          body.imageRepository,
          `images.astronomer.cloud/${emulator.organizationId}/${api.deploymentId}`,
        );
        assert.equal(body.createdBySubject.subjectType, "SERVICEKEY");
        assert.ok(body.dagsUploadUrl.startsWith(`${emulator.url}/blob/`));
        assert.equal(body.bundleUploadUrl, undefined);
        assert.equal(body.internal, undefined);
      });

      it("gets, lists and describes it", async () => {
        const emulator = await start();
        const api = new Api(emulator, apiVersion);
        const { body: created } = await api.create({ type: "IMAGE_ONLY" });
        assert.equal((await api.deploy(created.id)).body.id, created.id);

        const updated = await api.post(`/${api.deploymentId}/deploys/${created.id}`, {
          description: "told later",
        });
        assert.equal(updated.status, 200);
        assert.equal(updated.body.description, "told later");

        const { body: list } = await api.get(`/${api.deploymentId}/deploys`);
        assert.equal(list.totalCount, 1);
        assert.equal(list.limit, 20);
        assert.equal(list.offset, 0);
        assert.equal(list.deploys[0]?.description, "told later");
      });

      it("answers an error in the service's form", async () => {
        const api = new Api(await start(), apiVersion);
        const elsewhere = api.deployments.replace(/organizations\/\w+/, "organizations/x");
        const answers = [
          [404, await api.get("/nowhere")],
          [404, await api.get("/nowhere/deploys")],
          [404, await api.deploy("nothing")],
          // For these two 404 is not documented.
          [400, await api.finalize("nothing")],
          [403, await api.send("GET", elsewhere)],
          [404, await api.send("PATCH", `${api.deployments}/${api.deploymentId}/deploys`)],
          [404, await api.send("GET", "/v2/organizations")],
        ] as const;
        for (const [expected, { status, body }] of answers) {
          assert.equal(status, expected);
          assert.equal(body.statusCode, expected);
          assert.equal(typeof body.message, "string");
          assert.equal(typeof body.requestId, "string");
        }
      });

      it("lists and gets Deployments", async () => {
        const emulator = await start({
          deployments: [
            { id: "one", isCicdEnforced: true, status: "HIBERNATING" },
            { id: "two", isDagDeployEnabled: false, name: "second" },
          ],
        });
        const api = new Api(emulator, apiVersion);
        const { body: list } = await api.get("?limit=1&offset=1");
        assert.equal(list.totalCount, 2);
        assert.deepEqual(
          list.deployments.map(({ id }) => id),
          ["two"],
        );
        const { body: named } = await api.get("?names=second&names=other");
        assert.equal(named.totalCount, 1);
        const { body: one } = await api.get("/one");
        assert.equal(one.isCicdEnforced, true);
        assert.equal(one.status, "HIBERNATING");
        assert.equal(one.runtimeVersion, one.astroRuntimeVersion);
        assert.equal(one.bundles, undefined);
      });
    });
  }

  it("pages through the list and refuses impossible pages", async () => {
    const emulator = await start({ rateLimit: false });
    const api = new Api(emulator);
    const ids: string[] = [];
    for (let i = 0; i < 5; i += 1) ids.push((await api.create({ type: "DAG_ONLY" })).body.id);
    const path = `/${api.deploymentId}/deploys`;
    const listed = async (query: string) =>
      (await api.get(path + query)).body.deploys.map(({ id }) => id);
    assert.deepEqual(await listed(""), [...ids].reverse());
    assert.deepEqual(await listed("?limit=2&offset=4"), [ids[0]]);
    assert.deepEqual(await listed("?limit=0"), []);
    for (const query of ["?limit=1001", "?limit=-1", "?offset=-1", "?limit=many"]) {
      assert.equal((await api.get(path + query)).status, 400, query);
    }
  });

  for (const listOrder of ["oldestFirst", "scattered"] as const) {
    it(`lists ${listOrder} on request`, async () => {
      const emulator = await start({ behaviour: { listOrder }, rateLimit: false });
      const api = new Api(emulator);
      for (let i = 0; i < 8; i += 1) await api.create({ type: "DAG_ONLY" });
      const records = emulator.deploys(api.deploymentId).map(({ id }) => id);
      const { body } = await api.get(`/${api.deploymentId}/deploys`);
      const listed = body.deploys.map(({ id }) => id);
      if (listOrder === "oldestFirst") assert.deepEqual(listed, records);
      assert.deepEqual([...listed].sort(), [...records].sort());
    });
  }

  it("gives upload URLs where they are configured to appear", async () => {
    const createOnly = new Api(await start({ behaviour: { uploadUrls: "createOnly" } }));
    const { body: made } = await createOnly.create({ type: "DAG_ONLY" });
    assert.ok(made.dagsUploadUrl);
    assert.equal((await createOnly.deploy(made.id)).body.dagsUploadUrl, undefined);

    const emulator = await start({ behaviour: { uploadUrls: "freshEverywhere" } });
    const fresh = new Api(emulator);
    const { body: old } = await fresh.create({ type: "DAG_ONLY" });
    emulator.advance(60_000);
    assert.notEqual((await fresh.deploy(old.id)).body.dagsUploadUrl, old.dagsUploadUrl);

    const same = new Api(await start());
    const { body: kept } = await same.create({ type: "DAG_ONLY" });
    assert.equal((await same.deploy(kept.id)).body.dagsUploadUrl, kept.dagsUploadUrl);
    assert.ok(same.emulator.signatures.length > 0);
  });

  it("answers for an ended API version with the configured status", async () => {
    const emulator = await start({ behaviour: { endedVersions: { v1beta1: 410 } } });
    assert.equal((await new Api(emulator, "v1beta1").get("")).status, 410);
    assert.equal((await new Api(emulator, "v1").get("")).status, 200);
    emulator.endVersion("v1", 404);
    assert.equal((await new Api(emulator, "v1").get("")).status, 404);
    assert.equal((await new Api(emulator, "v1beta1").get("")).status, 410);
    assert.equal((await new Api(await start(), "v1").get("")).status, 200);
  });

  it("records requests without the token and without signatures", async () => {
    const emulator = await start();
    const api = new Api(emulator);
    const { body } = await api.create({ type: "DAG_ONLY" });
    await fetch(body.dagsUploadUrl, { method: "PUT", body: "abc" });
    await api.get(`/${api.deploymentId}/deploys?limit=3`);
    assert.deepEqual(
      emulator.requests.map(({ operation, status }) => [operation, status]),
      [
        ["CreateDeploy", 200],
        ["PutBlob", 400],
        ["ListDeploys", 200],
      ],
    );
    assert.deepEqual(emulator.requests[0]?.body, { type: "DAG_ONLY" });
    assert.equal(emulator.requests[1]?.bodyBytes, 3);
    assert.deepEqual(emulator.requests[2]?.query, { limit: "3" });
    const text = JSON.stringify(emulator.requests);
    assert.ok(!text.includes(emulator.token));
    for (const signature of emulator.signatures) assert.ok(!text.includes(signature));
  });

  it("lets a test change what a Deployment answers", async () => {
    const emulator = await start();
    firstDeployment(emulator).status = "UNHEALTHY";
    const api = new Api(emulator);
    assert.equal((await api.get(`/${api.deploymentId}`)).body.status, "UNHEALTHY");
  });

  it("shows a deploy that somebody else made", async () => {
    const emulator = await start();
    const api = new Api(emulator);
    const made = emulator.foreignDeploy(api.deploymentId, { description: "not ours" });
    const { body } = await api.deploy(made.id);
    assert.equal(body.status, "DEPLOYED");
    assert.equal(body.createdBySubject.fullName, "Somebody Else");
    assert.equal(firstDeployment(emulator).dagTarballVersion, body.dagTarballVersion);
    const begun = emulator.foreignDeploy(api.deploymentId, { status: "INITIALIZED" });
    assert.equal((await api.deploy(begun.id)).body.status, "INITIALIZED");
  });
});
