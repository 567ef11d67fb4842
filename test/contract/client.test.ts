import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import { createServer, type AddressInfo, type Server } from "node:net";
import { inspect } from "node:util";
import { startEmulator, type Emulator } from "../../emulator";
import { createClient, type AstroClient, type DeploymentsQuery } from "../../provider/astro/client";
import { AstroError } from "../../provider/astro/error";
import type { ApiVersion } from "../../provider/astro/types";
import { selfSigned } from "../helpers/tls";

for (const apiVersion of ["v1beta1", "v1"] as const) {
  describe(`the client of API version ${apiVersion}, against the emulator`, () => {
    let emulator: Emulator;
    let client: AstroClient;
    let ref: { organizationId: string; deploymentId: string };

    const connect = (token: string, version: ApiVersion = apiVersion) =>
      createClient({ baseUrl: emulator.url, apiVersion: version, token, requestTimeoutMs: 5000 });
    const failure = (promise: Promise<unknown>) =>
      promise.then(
        () => assert.fail("nothing was thrown"),
        (error: unknown) => {
          assert.ok(error instanceof AstroError);
          assert.equal(
            inspect(error, { depth: 9, showHidden: true }).includes(emulator.token),
            false,
          );
          return error;
        },
      );

    beforeEach(async () => {
      emulator = await startEmulator();
      ref = {
        organizationId: emulator.organizationId,
        deploymentId: emulator.deployments[0]?.id ?? "",
      };
      client = connect(emulator.token);
    });
    afterEach(() => emulator.close());

    it("creates, reads, lists, describes, finalizes and rolls back", async () => {
      const created = await client.createDeploy(ref, { type: "IMAGE_ONLY", description: "one" });
      assert.equal(created.status, "INITIALIZED");
      const deploy = { ...ref, deployId: created.id };
      assert.deepEqual(await client.getDeploy(deploy), created);
      assert.deepEqual(
        (await client.listDeploys(ref)).deploys.map(({ id }) => id),
        [created.id],
      );
      await client.finalizeDeploy(deploy, {});
      emulator.finish(created.id);
      assert.equal((await client.getDeploy(deploy)).status, "DEPLOYED");
      assert.equal((await client.rollbackDeploy(deploy, {})).rollbackFromId, created.id);
      assert.equal((await client.getDeployment(ref)).isDagDeployEnabled, true);
    });

    it("reads what Astro offers a Deployment, its own Runtime among it", async () => {
      const { runtimeReleases } = await client.getDeploymentOptions(ref);
      const versions = runtimeReleases.map(({ version }) => version);
      const own = emulator.deployments[0]?.astroRuntimeVersion ?? "";
      for (const version of [own, "3.0-2", "12.0.0"]) assert.ok(versions.includes(version));
      const [request] = emulator.requests;
      assert.equal(request?.operation, "GetDeploymentOptions");
      assert.equal(request.query.deploymentId, ref.deploymentId);
    });

    it("lists the Deployments that have a name, in Workspaces, page by page", async () => {
      const names = ["etl & more", "etl & more", "etl & more", "other"];
      const seeds = names.map((name, at) => ({ name, workspaceId: `w${at % 2}` }));
      const organization = await startEmulator({ deployments: seeds });
      const { url: baseUrl, token, organizationId } = organization;
      const own = createClient({ baseUrl, apiVersion, token, requestTimeoutMs: 5000 });
      const list = async (query: DeploymentsQuery) => {
        const { deployments, totalCount } = await own.listDeployments(organizationId, query);
        return [deployments.map(({ name, workspaceId }) => [name, workspaceId]), totalCount];
      };
      const [first, second] = [
        [names[0], "w0"],
        [names[0], "w1"],
      ];
      assert.deepEqual(await list({ names: ["etl & more"] }), [[first, second, first], 3]);
      const paged = { names: ["etl & more"], limit: 1, offset: 1 };
      assert.deepEqual(await list(paged), [[second], 3]);
      const narrow = { names: ["etl & more", "other"], workspaceIds: ["w1", "w2"] };
      assert.deepEqual(await list(narrow), [[second, ["other", "w1"]], 2]);
      await organization.close();
    });

    it("pages the list", async () => {
      for (let n = 0; n < 3; n++) emulator.foreignDeploy(ref.deploymentId);
      const page = await client.listDeploys(ref, { offset: 2, limit: 2 });
      assert.deepEqual([page.deploys.length, page.totalCount], [1, 3]);
    });

    it("says who it is", async () => {
      await client.getDeployment(ref);
      const [request] = emulator.requests;
      assert.equal(request?.headers["x-astro-client-identifier"], "pulumi-astro-deploy");
      assert.match(request.headers["user-agent"] ?? "", /^pulumi-astro-deploy\/\d/);
    });

    it("knows a wrong token, and what to do about it", async () => {
      const error = await failure(connect("wrong").getDeployment(ref));
      assert.equal(error.status, 401);
      assert.match(
        error.message,
        /set a valid one as the secret astro:token or as ASTRO_API_TOKEN/,
      );
      assert.notEqual(error.requestId, undefined);
    });

    it("knows an unknown Deployment, and what to do about it", async () => {
      const error = await failure(client.getDeployment({ ...ref, deploymentId: "nowhere" }));
      assert.match(
        error.message,
        /: 404 Deployment nowhere not found \(request [\w-]+\)\. Check deploymentId and organizationId, and that the token has access to this Deployment\.$/,
      );
    });

    it("knows an unknown deploy, and what to do about it", async () => {
      const error = await failure(client.getDeploy({ ...ref, deployId: "nowhere" }));
      assert.match(
        error.message,
        /: 404 Deploy nowhere not found .* Check the id of the deploy, deploymentId and organizationId/,
      );
    });

    for (const [how, name] of [
      [{ status: 500 }, "a fault of the service"],
      [{ status: 503 }, "an overloaded service"],
      [{ status: 429 }, "too many requests"],
      ["reset", "a connection that is cut"],
      ["truncate", "an answer that is cut"],
    ] as const) {
      it(`reads again after ${name}`, async () => {
        emulator.fail({ operation: "GetDeployment", how });
        await client.getDeployment(ref);
        assert.equal(emulator.requests.length, 2);
      });
    }

    for (const how of [{ status: 500 }, { status: 502 }, "reset", "hang"] as const) {
      it(`does not repeat a POST that may have been processed: ${JSON.stringify(how)}`, async () => {
        emulator.fail({ operation: "CreateDeploy", how, when: "after" });
        const error = await failure(client.createDeploy(ref, { type: "DAG_ONLY" }));
        assert.equal(error.outcome, "unknown");
        assert.equal(emulator.deploys(ref.deploymentId).length, 1);
      });
    }

    it("repeats a POST that was turned away unread", async () => {
      emulator.fail({
        operation: "CreateDeploy",
        how: { status: 429, headers: { "retry-after": "0" } },
      });
      await client.createDeploy(ref, { type: "DAG_ONLY" });
      assert.equal(emulator.deploys(ref.deploymentId).length, 1);
    });

    for (const [form, header] of [
      ["a number of seconds", () => "2"],
      ["a date", () => new Date(Date.now() + 3000).toUTCString()],
    ] as const) {
      it(`waits as long as Retry-After asks by ${form}`, async () => {
        emulator.fail({
          operation: "GetDeployment",
          how: { status: 429, headers: { "retry-after": header() } },
        });
        const times: number[] = [];
        emulator.onRequest(({ phase }) => {
          if (phase === "before") times.push(performance.now());
        });
        await client.getDeployment(ref);
        const [first = 0, second = 0] = times;
        // A date has whole seconds.
        assert.ok(second - first > 1900, `${second - first} ms`);
      });
    }

    it("repeats nothing once the budget for a request is used up", async () => {
      const hurried = createClient({
        baseUrl: emulator.url,
        apiVersion,
        token: emulator.token,
        requestTimeoutMs: 30_000,
        requestBudgetMs: 30_000,
      });
      const how = { status: 429, headers: { "retry-after": "60" } };
      emulator.fail({ operation: "GetDeployment", how });
      const error = await failure(hurried.getDeployment(ref));
      assert.match(error.message, /: 429 .*It asks to wait 60 s\./);
      assert.equal(emulator.requests.length, 1);
    });

    it("ends a read where its caller asks for that, also in a pause", async () => {
      const how = { status: 429, headers: { "retry-after": "60" } };
      emulator.fail({ operation: "GetDeploy", how });
      const error = await failure(
        client.getDeploy({ ...ref, deployId: "any" }, Date.now() + 30_000),
      );
      assert.equal(error.status, 429);
      assert.equal(emulator.requests.length, 1);
    });

    it("stays below the documented rates, with many at once", async () => {
      await Promise.all(
        Array.from({ length: 12 }, () => client.createDeploy(ref, { type: "DAG_ONLY" })),
      );
      assert.ok(emulator.requests.every(({ status }) => status === 200));
    });

    for (const how of ["html", "shape"] as const) {
      it(`does not take a foreign answer for Astro's: ${how}`, async () => {
        emulator.fail({ operation: "GetDeployment", how, times: 5 });
        const error = await failure(client.getDeployment(ref));
        assert.match(error.message, /is not as Astro documents it: .* A proxy may have changed/);
      });
    }

    it("bounds an answer that trickles in", async () => {
      emulator.fail({ operation: "CreateDeploy", how: { trickleMs: 100 } });
      const error = await failure(client.createDeploy(ref, { type: "DAG_ONLY" }));
      assert.match(error.message, /no response in time/);
    });
  });
}

describe("a service that cannot be spoken to", () => {
  const clientOf = (server: Server, protocol: "http" | "https") =>
    createClient({
      baseUrl: `${protocol}://127.0.0.1:${(server.address() as AddressInfo).port}`,
      apiVersion: "v1",
      token: "any",
      requestTimeoutMs: 30_000,
    });

  it("is asked once where no TLS is spoken", async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.on("error", () => undefined).end("HTTP/1.1 400 Bad Request\r\n\r\n");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = clientOf(server, "https");
    await assert.rejects(client.getDeployment({ organizationId: "o", deploymentId: "d" }), {
      name: "AstroError",
      // OpenSSL's word for this may come after the request as well.
      outcome: "unknown",
      message: /: no TLS connection \(EPROTO\)\. Check that astro:baseUrl is an https address/,
    });
    assert.equal(connections, 1);
    server.close();
  });

  it("is sent nothing where its certificate is not trusted, whatever the environment says", async function () {
    const requests: string[] = [];
    const server = https
      .createServer(selfSigned(this, "IP:127.0.0.1"), (request, response) => {
        requests.push(request.url ?? "");
        response.end();
      })
      .listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = clientOf(server, "https");
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    try {
      const ref = { organizationId: "o", deploymentId: "d" };
      await assert.rejects(client.createDeploy(ref, { type: "DAG_ONLY" }), {
        outcome: "notProcessed",
        message: /: no TLS connection \(DEPTH_ZERO_SELF_SIGNED_CERT\)/,
      });
      assert.deepEqual(requests, []);
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      server.close();
    }
  });

  const foreign: Record<string, [status: number, body: string, said: RegExp]> = {
    "a page": [404, "<html><title>Blocked</title></html>", /: 404 "Blocked", which is not a/],
    "an object": [403, '{"message":"no"}', /: 403 "no", which is not a response of Astro's API/],
    "no request id": [401, '{"message":"no","statusCode":401}', /: 401 "no", which is not a/],
    "no status": [403, '{"message":"no","requestId":"r"}', /: 403 "no", which is not a/],
    nothing: [407, "", /: 407, which is not a response of Astro's API\. It comes from something/],
    "an answer that is cut": [
      404,
      "cut",
      /the response \(404\) is not as Astro documents it: it is incomplete/,
    ],
  };
  for (const [what, [status, body, said]] of Object.entries(foreign)) {
    it(`is not believed where something else answers: ${what}`, async () => {
      const server = http
        .createServer((_request, response) => {
          if (body !== "cut") {
            const type = body.startsWith("{") ? "application/json" : "text/html";
            response.writeHead(status, { "content-type": type }).end(body);
            return;
          }
          response.writeHead(status, { "content-length": 100 });
          response.write(body, () => response.destroy());
        })
        .listen(0, "127.0.0.1");
      await once(server, "listening");
      const client = clientOf(server, "http");
      const error: unknown = await client
        .createDeploy({ organizationId: "o", deploymentId: "d" }, { type: "DAG_ONLY" })
        .catch((reason: unknown) => reason);
      assert.ok(error instanceof AstroError);
      // Astro may have made the deploy, and something held back its answer.
      assert.equal(error.outcome, "unknown");
      assert.equal(error.status, undefined);
      assert.match(error.message, said);
      assert.doesNotMatch(error.message, /The token|permission|Astro's side/);
      server.close();
    });
  }

  it("is not asked again where it redirects", async () => {
    let requests = 0;
    const server = http
      .createServer((_request, response) => {
        requests += 1;
        response.writeHead(302, { location: "/elsewhere" }).end();
      })
      .listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = clientOf(server, "http");
    await assert.rejects(client.getDeployment({ organizationId: "o", deploymentId: "d" }), {
      outcome: "answered",
      message: /: 302, a redirect\. It is not followed, .* Check astro:baseUrl/,
    });
    assert.equal(requests, 1);
    server.close();
  });
});

describe("an API version that is over", () => {
  let emulator: Emulator;
  afterEach(() => emulator.close());

  for (const status of [404, 410] as const) {
    it(`is named in the advice, where it answers ${status} as a whole`, async () => {
      emulator = await startEmulator({ behaviour: { endedVersions: { v1beta1: status } } });
      const client = createClient({
        baseUrl: emulator.url,
        apiVersion: "v1beta1",
        token: emulator.token,
        requestTimeoutMs: 30_000,
      });
      await assert.rejects(
        client.getDeployment({ organizationId: emulator.organizationId, deploymentId: "any" }),
        /API version v1beta1 has ended.*[Ss]et astro:apiVersion to v1\./,
      );
    });
  }
});
