import assert from "node:assert/strict";
import { copyFile, mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Api, dagsArchive, emulators, firstDeployment, upload } from "./emulatorSetup";

describe("emulator: persistence", () => {
  const start = emulators();
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "astro-emulator-"));
  });

  afterEach(async () => {
    await rm(dir, { recursive: true });
  });

  it("has everything again after a restart on the same folder", async () => {
    const first = await start({ dir, processingMs: 0 });
    const before = new Api(first);
    const id = await before.ship(await dagsArchive());
    const { body: deploy } = await before.deploy(id);
    const { body: begun } = await before.create({ type: "DAG_ONLY" });
    const version = await upload(begun.dagsUploadUrl, await dagsArchive("later"));
    await first.close();

    const second = await start({ dir, processingMs: 0 });
    assert.equal(second.token, first.token);
    assert.equal(second.organizationId, first.organizationId);
    const after = new Api(second);
    const { body: mine } = await after.create({ type: "DAG_ONLY" });
    assert.deepEqual(mine.createdBySubject, deploy.createdBySubject);
    assert.equal((await after.deploy(id)).body.status, "DEPLOYED");
    assert.equal(firstDeployment(second).dagTarballVersion, deploy.dagTarballVersion);
    assert.equal((await second.members(deploy.dagTarballVersion)).length, 1);
    const finalized = await after.finalize(begun.id, { dagTarballVersion: version });
    assert.equal(finalized.body.status, "DEPLOYED");
    assert.ok(version > deploy.dagTarballVersion);
  });

  it("needs no orderly end: what was answered is on disk", async () => {
    const first = await start({ dir });
    const { body } = await new Api(first).create({ type: "DAG_ONLY" });
    const copy = join(dir, "as-after-a-crash");
    await mkdir(copy);
    await copyFile(join(dir, "state.json"), join(copy, "state.json"));
    const second = await start({ dir: copy });
    assert.equal((await new Api(second).deploy(body.id)).status, 200);
  });

  it("keeps blocks that wait for their list", async () => {
    const first = await start({ dir });
    const { body } = await new Api(first).create({ type: "DAG_ONLY" });
    const block = Buffer.from("0001").toString("base64");
    const bytes = await dagsArchive();
    await fetch(`${body.dagsUploadUrl}&comp=block&blockid=${encodeURIComponent(block)}`, {
      method: "PUT",
      body: new Uint8Array(bytes),
    });
    await first.close();
    const second = await start({ dir, port: Number(new URL(first.url).port) });
    const list = await fetch(`${body.dagsUploadUrl}&comp=blocklist`, {
      method: "PUT",
      body: `<BlockList><Latest>${block}</Latest></BlockList>`,
    });
    assert.equal(list.status, 201);
    const version = list.headers.get("x-ms-version-id") ?? "";
    assert.equal((await second.members(version)).length, 1);
  });

  it("adds Deployments that are new, and keeps those it has", async () => {
    await (await start({ dir, deployments: [{ id: "one", name: "first" }] })).close();
    const deployments = [{ id: "one", name: "renamed" }, { id: "two" }];
    const emulator = await start({ dir, deployments });
    assert.deepEqual(
      emulator.deployments.map(({ id, name }) => [id, id === "one" ? name : ""]),
      [
        ["one", "first"],
        ["two", ""],
      ],
    );
  });

  it("keeps the state from others' eyes and leaves nothing half-written", async () => {
    const emulator = await start({ dir, rateLimit: false });
    const api = new Api(emulator);
    await Promise.all(Array.from({ length: 20 }, () => api.create({ type: "DAG_ONLY" })));
    await emulator.close();
    assert.deepEqual(await readdir(dir), ["state.json"]);
    assert.equal((await stat(join(dir, "state.json"))).mode & 0o777, 0o600);
    const again = await start({ dir });
    assert.equal(again.deploys(api.deploymentId).length, 20);
  });

  it("removes the bytes of an upload that broke off", async () => {
    const emulator = await start({ dir });
    const { body } = await new Api(emulator).create({ type: "DAG_ONLY" });
    const controller = new AbortController();
    const endless = new ReadableStream({
      pull(stream) {
        stream.enqueue(new Uint8Array(1024));
        controller.abort();
      },
    });
    await assert.rejects(
      fetch(body.dagsUploadUrl, {
        method: "PUT",
        headers: { "x-ms-blob-type": "BlockBlob", "content-length": "1000000" },
        body: endless,
        duplex: "half",
        signal: controller.signal,
      }),
    );
    await emulator.close();
    assert.deepEqual(await readdir(join(dir, "blobs")).catch(() => []), []);
  });
});
