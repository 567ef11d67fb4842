import assert from "node:assert/strict";
import { request } from "node:http";
import type { Emulator } from "../../emulator";
import { switches } from "../../emulator/control/switches";
import { onPortApart } from "../helpers/ports";
import { Api, dagsArchive, emulators, firstDeployment } from "./emulatorSetup";

/** As a program in another language speaks to the switches. */
class Control {
  constructor(readonly emulator: Emulator) {}

  async send(method: string, path: string, body?: unknown) {
    const response = await fetch(`${this.emulator.url}/_emulator${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const text = await response.text();
    return {
      status: response.status,
      text,
      json: (text === "" ? undefined : JSON.parse(text)) as unknown,
    };
  }

  /** Answers the JSON of a request that must succeed. */
  async must<T = { id: string }>(method: string, path: string, body?: unknown): Promise<T> {
    const { status, text, json } = await this.send(method, path, body);
    assert.ok(status === 200 || status === 204, `${status} ${text}`);
    return json as T;
  }
}

interface DeployShown {
  id: string;
  status: string;
  statusReason?: string;
  bytes?: number;
  runs: string[];
}

describe("emulator: switches over HTTP", () => {
  const start = emulators();

  it("tells whether it runs, and lists its switches", async () => {
    const emulator = await start();
    const health = await fetch(`${emulator.url}/health`);
    assert.equal(health.status, 200);
    assert.equal(((await health.json()) as { status: string }).status, "ok");
    const listed = await new Control(emulator).must<{ path: string }[]>("GET", "");
    assert.equal(listed.length, switches.length + 1, "and the stream of events");
    assert.ok(listed.some(({ path }) => path === "/_emulator/faults"));
    assert.deepEqual(emulator.requests, [], "they are not Astro's");
  });

  it("injects faults, lists those that are left, and takes them back", async () => {
    const emulator = await start();
    const control = new Control(emulator);
    const api = new Api(emulator, "v1");
    const fault = { operation: "ListDeploys", how: { status: 503 }, times: 2 };
    const { id } = await control.must("POST", "/faults", fault);
    const list = () => api.get(`/${api.deploymentId}/deploys`);
    assert.equal((await list()).status, 503);
    assert.deepEqual(await control.must("GET", "/faults"), [{ id, ...fault, left: 1 }]);
    await control.must("DELETE", `/faults/${id}`);
    assert.equal((await list()).status, 200);
    assert.equal((await control.send("DELETE", `/faults/${id}`)).status, 404);

    await control.must("POST", "/faults", { operation: "*", how: "reset", times: 100 });
    await assert.rejects(list());
    // No fault hits the switches themselves.
    await control.must("DELETE", "/faults");
    assert.equal((await list()).status, 200);
  });

  it("plans how deploys end, ends them, and shows them with what runs", async () => {
    const emulator = await start();
    const control = new Control(emulator);
    const api = new Api(emulator, "v1");
    const deploys = async () =>
      (await control.must<{ deploys: DeployShown[] }>("GET", `/deployments/${api.deploymentId}`))
        .deploys;
    const plan = { status: "FAILED", reason: "no room", processingMs: "Infinity" };
    await control.must("POST", "/plans", plan);
    const [listed] = await control.must<object[]>("GET", "/plans");
    assert.deepEqual(listed, { id: "1", ...plan, left: 1 });
    const archive = await dagsArchive();
    const failed = await api.ship(archive);
    assert.equal((await deploys())[0]?.status, "INITIALIZED");
    await control.must("POST", "/clock/advance", { ms: 3_600_000 });
    assert.equal((await deploys())[0]?.status, "INITIALIZED", "until it is ended");
    await control.must("POST", `/deploys/${failed}/finish`, { status: "FAILED", reason: "full" });
    const good = await api.ship(archive);
    await control.must("POST", `/deploys/${good}/finish`);
    assert.equal(
      (await control.send("POST", `/deploys/${good}/finish`, { status: "FAILED" })).status,
      409,
    );
    const { runs: foreign } = await control.must<DeployShown>(
      "POST",
      `/deployments/${api.deploymentId}/deploys`,
      { type: "IMAGE_ONLY", description: "theirs" },
    );
    assert.deepEqual(foreign, ["image"]);
    assert.deepEqual(
      (await deploys()).map(({ status, statusReason, bytes, runs }) => [
        status,
        statusReason,
        bytes,
        runs,
      ]),
      [
        ["DEPLOYED", undefined, undefined, ["image"]],
        ["DEPLOYED", undefined, archive.length, ["DAGs"]],
        ["FAILED", "full", archive.length, []],
      ],
    );
    const { deployments } = await control.must<{ deployments: { id: string }[] }>("GET", "/state");
    assert.deepEqual(
      deployments.map(({ id }) => id),
      [api.deploymentId],
    );
  });

  it("moves the clock, changes a Deployment, ends a version, fails an import", async () => {
    const emulator = await start({ now: "2026-01-01T00:00:00Z" });
    const control = new Control(emulator);
    const api = new Api(emulator, "v1");
    const { now } = await control.must<{ now: string }>("POST", "/clock/advance", {
      ms: 86_400_000,
    });
    assert.match(now, /^2026-01-02T00:0/);
    await control.must("PATCH", `/deployments/${api.deploymentId}`, {
      status: "HIBERNATING",
      isCicdEnforced: true,
    });
    const { body } = await api.get(`/${api.deploymentId}`);
    assert.deepEqual([body.status, body.isCicdEnforced], ["HIBERNATING", true]);

    const fault = { file: "etl.py", trace: "KeyError" };
    const { id } = await control.must("POST", "/import-faults", fault);
    assert.deepEqual(await control.must("GET", "/import-faults"), [{ id, ...fault }]);
    await control.must("DELETE", `/import-faults/${id}`);
    assert.deepEqual(await control.must("GET", "/import-faults"), []);

    await control.must("POST", "/ended-versions", { apiVersion: "v1beta1" });
    assert.equal((await new Api(emulator, "v1beta1").get("")).status, 410);
    assert.equal((await api.get("")).status, 200);
  });

  it("makes tokens known, and revokes them", async () => {
    const emulator = await start();
    const control = new Control(emulator);
    const { token } = await control.must<{ token: string }>("POST", "/tokens", {
      canDeploy: false,
    });
    const api = new Api(emulator, "v1", token);
    assert.equal((await api.create({ type: "DAG_ONLY" })).status, 403);
    await control.must("POST", "/tokens/revoke", { token });
    assert.equal((await api.get("")).status, 401);
  });

  it("shows the requests without what is secret, and forgets them", async () => {
    const emulator = await start();
    const control = new Control(emulator);
    const api = new Api(emulator, "v1");
    await api.ship(await dagsArchive());
    const text = ["/requests", "/state"].map((path) => control.send("GET", path));
    const shown = (await Promise.all(text)).map((answer) => answer.text).join("");
    assert.match(shown, /"operation":"PutBlob"/);
    assert.ok(emulator.signatures.length > 0);
    for (const secret of [emulator.token, ...emulator.signatures]) {
      assert.ok(!shown.includes(secret) && !shown.includes(encodeURIComponent(secret)));
    }
    assert.equal((await control.must<object[]>("GET", "/requests?last=2")).length, 2);
    await control.must("DELETE", "/requests");
    assert.deepEqual(emulator.requests, []);
  });

  it("refuses what it does not know, and says what is wrong", async () => {
    const emulator = await start();
    const control = new Control(emulator);
    const { id } = firstDeployment(emulator);
    for (const [method, path, body, status, message] of [
      ["POST", "/faults", { operation: "Deploy", how: "reset" }, 400, /operation must be one of/],
      ["POST", "/faults", { operation: "*", how: "explode" }, 400, /how/],
      ["POST", "/faults", { operation: "*", how: "reset", time: 1 }, 400, /time/],
      ["POST", "/plans", { processingMs: "long" }, 400, /processingMs/],
      ["PATCH", `/deployments/${id}`, { id: "other" }, 400, /id/],
      ["PATCH", "/deployments/absent", {}, 404, /no Deployment absent/],
      ["POST", "/deploys/absent/finish", {}, 404, /no deploy absent/],
      ["DELETE", "/state", undefined, 405, /No such route/],
      ["GET", "/nothing", undefined, 404, /GET \/_emulator lists them/],
    ] as const) {
      const answer = await control.send(method, path, body);
      assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
      assert.match(answer.text, message);
    }
  });

  it("refuses other origins, other sites and other host names, and allows none by CORS", async () => {
    const emulator = await start();
    const { host, port } = new URL(emulator.url);
    const send = (path: string, headers: Record<string, string>) =>
      new Promise<{ status: number | undefined; names: string[] }>((resolve, reject) => {
        request(emulator.url + path, { headers }, (response) => {
          response.resume();
          resolve({ status: response.statusCode, names: Object.keys(response.headers) });
        })
          .on("error", reject)
          .end();
      });
    const refused = [
      { origin: "http://evil.test" },
      { origin: "null" },
      { origin: `http://localhost:${port}` },
      { origin: "http://127.0.0.1:1" },
      { host: "evil.test" },
      { host: `evil.test:${port}` },
      { host: "127.0.0.1.evil.test" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ];
    for (const headers of refused) {
      const { status, names } = await send("/_emulator/state", headers);
      assert.equal(status, 403, JSON.stringify(headers));
      assert.deepEqual(
        names.filter((name) => name.startsWith("access-control")),
        [],
      );
    }
    for (const headers of [
      { origin: `http://${host}`, "sec-fetch-site": "same-origin" },
      { host: `localhost:${port}`, origin: `http://localhost:${port}` },
      { host: `[::1]:${port}` },
      { "sec-fetch-site": "none" },
    ]) {
      const { status } = await send("/_emulator/state", headers);
      assert.equal(status, 200, JSON.stringify(headers));
    }
    // Astro's API and the health check are for every client.
    assert.equal((await send("/health", { host: "emulator.test" })).status, 200);
    // So are the switches under the name that it was told to have.
    const own = await onPortApart(async (port) => {
      await start({ port, publicUrl: "http://astro.test:4000" });
      return port;
    });
    const named = (name: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const url = `http://127.0.0.1:${own}/_emulator/state`;
        request(url, { headers: { host: name } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on("error", reject)
          .end();
      });
    assert.equal(await named("astro.test:4000"), 200);
    assert.equal(await named("astro.test:4001"), 403);
  });
});
