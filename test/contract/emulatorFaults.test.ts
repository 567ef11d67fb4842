import assert from "node:assert/strict";
import type { FaultKind } from "../../emulator";
import { Api, dagsArchive, emulators, upload } from "./emulatorSetup";

const dags = { type: "DAG_ONLY" };

describe("emulator: faults", () => {
  const start = emulators();

  it("answers with a status, a body and headers", async () => {
    const emulator = await start();
    const api = new Api(emulator);
    emulator.fail({ operation: "ListDeployments", how: { status: 503 } });
    emulator.fail({
      operation: "ListDeployments",
      how: { status: 500, body: { message: "ill" }, headers: { "retry-after": "7" } },
    });
    emulator.fail({ operation: "ListDeployments", how: { status: 502, body: "Bad Gateway" } });
    const first = await api.get("");
    assert.equal(first.status, 503);
    assert.equal(first.body.statusCode, 503);
    const second = await api.get("");
    assert.deepEqual(second.body, { message: "ill" });
    assert.equal(second.headers.get("retry-after"), "7");
    assert.equal((await api.get("")).text, "Bad Gateway");
    assert.equal((await api.get("")).status, 200);
  });

  it("hits as many requests as it is told, after those it lets pass", async () => {
    const emulator = await start();
    const api = new Api(emulator);
    emulator.fail({ operation: "*", skip: 1, times: 2, how: { status: 500 } });
    const statuses = [];
    for (let i = 0; i < 4; i += 1) statuses.push((await api.get("")).status);
    assert.deepEqual(statuses, [200, 500, 500, 200]);
  });

  it("can be taken back", async () => {
    const emulator = await start();
    emulator.fail({ operation: "*", times: Infinity, how: "reset" })();
    assert.equal((await new Api(emulator).get("")).status, 200);
  });

  it("resets before the request is processed, leaving nothing", async () => {
    const emulator = await start();
    const api = new Api(emulator);
    emulator.fail({ operation: "CreateDeploy", how: "reset" });
    await assert.rejects(api.create(dags));
    assert.deepEqual(emulator.deploys(api.deploymentId), []);
    assert.equal(emulator.requests[0]?.operation, "CreateDeploy");
    assert.equal(emulator.requests[0].status, undefined);
  });

  const lost: FaultKind[] = ["reset", { status: 500 }, "html", "shape", "truncate"];
  for (const how of lost) {
    it(`leaves the deploy behind when its answer is lost (${JSON.stringify(how)})`, async () => {
      const emulator = await start();
      const api = new Api(emulator);
      emulator.fail({ operation: "CreateDeploy", when: "after", how });
      const answer = await api.create(dags).catch(() => undefined);
      assert.equal(answer?.body.id, undefined);
      assert.equal(emulator.deploys(api.deploymentId).length, 1);
    });
  }

  it("never answers", async () => {
    const emulator = await start();
    const api = new Api(emulator);
    emulator.fail({ operation: "ListDeployments", how: "hang" });
    await assert.rejects(
      fetch(emulator.url + api.deployments, { signal: AbortSignal.timeout(100) }),
      { name: "TimeoutError" },
    );
    assert.equal(emulator.requests[0]?.status, undefined);
  });

  it("cuts an answer short", async () => {
    const emulator = await start();
    emulator.fail({ operation: "ListDeployments", how: "truncate" });
    const api = new Api(emulator);
    const response = await fetch(emulator.url + api.deployments);
    assert.ok(Number(response.headers.get("content-length")) > 0);
    await assert.rejects(response.text());
  });

  it("answers with a page, or with JSON of another shape", async () => {
    const emulator = await start();
    const api = new Api(emulator);
    emulator.fail({ operation: "*", how: "html" });
    emulator.fail({ operation: "*", how: { html: 502 } });
    emulator.fail({ operation: "*", how: "shape" });
    const page = await api.get("");
    assert.equal(page.status, 200);
    assert.match(page.headers.get("content-type") ?? "", /html/);
    assert.equal((await api.get("")).status, 502);
    const { status, body } = await api.get("");
    assert.equal(status, 200);
    assert.equal(body.deployments, undefined);
  });

  it("sends an answer byte by byte, and whole", async () => {
    const emulator = await start();
    const api = new Api(emulator, "v1", "unknown");
    emulator.fail({ operation: "*", how: { trickleMs: 0 } });
    const { status, body } = await api.get("");
    assert.equal(status, 401);
    assert.equal(body.statusCode, 401);
  });

  it("hits uploads, before and after they are stored and in their middle", async () => {
    const emulator = await start();
    const api = new Api(emulator);
    const { body } = await api.create(dags);
    const bytes = await dagsArchive();
    const put = () =>
      fetch(body.dagsUploadUrl, {
        method: "PUT",
        headers: { "x-ms-blob-type": "BlockBlob" },
        body: new Uint8Array(bytes),
      });
    emulator.fail({ operation: "PutBlob", how: { status: 503 } });
    const busy = await put();
    assert.equal(busy.status, 503);
    assert.match(await busy.text(), /<Error>/);
    emulator.fail({ operation: "PutBlob", how: { cutAfterBytes: 10 } });
    await assert.rejects(put());
    emulator.fail({ operation: "PutBlob", when: "after", how: "reset" });
    await assert.rejects(put());
    const version = await upload(body.dagsUploadUrl, bytes);
    assert.equal((await api.finalize(body.id, { dagTarballVersion: version })).status, 200);
  });

  it("tells a listener of each request before and after, and waits for it", async () => {
    const emulator = await start();
    const api = new Api(emulator);
    const seen: string[] = [];
    const stop = emulator.onRequest(async ({ operation, phase }) => {
      await Promise.resolve();
      seen.push(`${phase} ${operation} ${emulator.deploys(api.deploymentId).length}`);
    });
    await api.create(dags);
    stop();
    await api.create(dags);
    assert.deepEqual(seen, ["before CreateDeploy 0", "after CreateDeploy 1"]);
  });

  it("moves its clock, also for the Date header", async () => {
    const emulator = await start();
    const api = new Api(emulator);
    const date = async () => Date.parse((await api.get("")).headers.get("date") ?? "");
    const before = await date();
    emulator.advance(-3_600_000);
    assert.ok((await date()) < before - 3_000_000);
  });
});
