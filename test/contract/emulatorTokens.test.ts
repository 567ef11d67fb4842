import assert from "node:assert/strict";
import { settingsOf } from "../../emulator/options";
import { Api, emulators, apiVersions } from "./emulatorSetup";

const dags = { type: "DAG_ONLY" };

describe("emulator: tokens and rate limits", () => {
  const start = emulators();

  for (const apiVersion of apiVersions) {
    it(`${apiVersion}: 401 without a token, with an unknown and with a revoked one`, async () => {
      const emulator = await start();
      const revoked = emulator.addToken();
      assert.equal((await new Api(emulator, apiVersion, revoked).create(dags)).status, 200);
      emulator.revokeToken(revoked);
      for (const token of [undefined, "unknown", revoked]) {
        const api = new Api(emulator, apiVersion, emulator.token);
        const { status, body } = await new Api(
          emulator,
          apiVersion,
          token ?? "",
          api.deploymentId,
        ).get("");
        assert.equal(status, 401);
        assert.equal(body.statusCode, 401);
      }
    });

    it(`${apiVersion}: 403 for a Deployment that the token may not see`, async () => {
      const emulator = await start({
        deployments: [{ id: "mine" }, { id: "theirs" }],
        tokens: [{ token: "narrow", deployments: ["mine"] }],
      });
      const mine = new Api(emulator, apiVersion, "narrow", "mine");
      const theirs = new Api(emulator, apiVersion, "narrow", "theirs");
      assert.equal((await mine.create(dags)).status, 200);
      const { status, body } = await theirs.create(dags);
      assert.equal(status, 403);
      assert.equal(body.statusCode, 403);
      assert.equal((await mine.get("")).body.totalCount, 1);
    });
  }

  it("makes up tokens that name their organization, and their Workspace if they are for one", async () => {
    const emulator = await start({
      deployments: [{ id: "mine", workspaceId: "w" }, { id: "other" }],
    });
    const placesOf = (token: string) => {
      const claims = Buffer.from(token.split(".")[1] ?? "", "base64url").toString();
      const { permissions } = JSON.parse(claims) as { permissions: string[] };
      return permissions.filter((text) => !text.startsWith("apiTokenId:"));
    };
    const organization = `organizationId:${emulator.organizationId}`;
    assert.deepEqual(placesOf(emulator.token), [organization]);
    assert.deepEqual(placesOf(emulator.addToken({ deployments: ["mine"] })), [
      organization,
      "workspaceId:w",
    ]);
    assert.deepEqual(placesOf(emulator.addToken({ deployments: ["mine", "other"] })), [
      organization,
    ]);
  });

  it("403 for a token that may only read", async () => {
    const emulator = await start({ tokens: [{ token: "reader", canDeploy: false }] });
    const api = new Api(emulator, "v1", "reader");
    assert.equal((await api.get(`/${api.deploymentId}`)).status, 200);
    assert.equal((await api.create(dags)).status, 403);
  });

  it("refuses user tokens where CI/CD is enforced", async () => {
    const emulator = await start({
      deployments: [{ isCicdEnforced: true }],
      tokens: [{ token: "person", kind: "user", subject: { fullName: "Ada" } }],
    });
    const answer = await new Api(emulator, "v1", "person").create(dags);
    assert.equal(answer.status, 403);
    assert.match(answer.body.message, /CI\/CD/);
    assert.equal((await new Api(emulator).create(dags)).status, 200);
  });

  it("names the token's subject in what it made", async () => {
    const emulator = await start({
      tokens: [
        { token: "person", kind: "user", subject: { id: "ada", fullName: "Ada" } },
        { token: "robot", subject: { id: "ci", apiTokenName: "CI" } },
      ],
    });
    const person = await new Api(emulator, "v1", "person").create(dags);
    assert.equal(person.body.createdBySubject.fullName, "Ada");
    assert.equal(person.body.createdBySubject.subjectType, "USER");
    const robot = await new Api(emulator, "v1", "robot").create(dags);
    assert.deepEqual(robot.body.createdBySubject, {
      id: "ci",
      subjectType: "SERVICEKEY",
      apiTokenName: "CI",
    });
  });

  it("makes tokens whose claims tell their kind", async () => {
    const emulator = await start();
    const claims = (token: string) =>
      JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as {
        permissions?: string[];
      };
    assert.ok(claims(emulator.token).permissions?.length);
    assert.equal(claims(emulator.addToken({ kind: "user" })).permissions, undefined);
  });

  it("has the documented limits by default", () => {
    assert.deepEqual(settingsOf({}).rateLimit, { GET: 25, POST: 10, DELETE: 5 });
    assert.equal(settingsOf({ rateLimit: false }).rateLimit, undefined);
  });

  it("limits the requests of a token and method in any one second", async () => {
    const emulator = await start({ rateLimit: { GET: 2, POST: 1 } });
    const other = emulator.addToken();
    const api = new Api(emulator);
    assert.equal((await api.get("")).status, 200);
    assert.equal((await api.get("")).status, 200);
    const refused = await api.get("");
    assert.equal(refused.status, 429);
    assert.equal(refused.headers.get("retry-after"), null);
    assert.equal(refused.text, "Too Many Requests");
    assert.equal((await api.create(dags)).status, 200);
    assert.equal((await new Api(emulator, "v1", other).get("")).status, 200);
    emulator.advance(1000);
    assert.equal((await api.get("")).status, 200);
  });

  it("tells when to come back, in either form, where it is told to", async () => {
    for (const retryAfter of ["seconds", "date"] as const) {
      const emulator = await start({
        rateLimit: { GET: 0 },
        behaviour: { retryAfter, rateLimitBody: "json" },
      });
      const { status, headers, body } = await new Api(emulator).get("");
      assert.equal(status, 429);
      assert.equal(body.statusCode, 429);
      const value = headers.get("retry-after") ?? "";
      if (retryAfter === "seconds") {
        assert.equal(value, "1");
      } else {
        assert.ok(Date.parse(value) > Date.parse(headers.get("date") ?? "") - 1);
      }
    }
  });
});
