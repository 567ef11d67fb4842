import assert from "node:assert/strict";
import { connect } from "node:net";
import { once } from "node:events";
import type { DeploymentSeed } from "../../emulator";
import { documentedErrors, documentedForms } from "./documentedForms";
import { Api, dagsArchive, emulators, apiVersions, upload, type Answer } from "./emulatorSetup";

const git = {
  provider: "GITHUB",
  commitSha: "0123456789abcdef",
  account: "acme",
  repo: "dags",
  branch: "main",
  commitUrl: "https://github.com/acme/dags/commit/0123456789abcdef",
};
const bundle = {
  type: "BUNDLE",
  bundleType: "dbt",
  bundleMountPath: "/usr/local/airflow/dbt/shop",
};

/** Deployments of all kinds, by what is said of them. */
const seeds: Record<string, DeploymentSeed> = {
  plain: {},
  "with DAG deploys off": { isDagDeployEnabled: false },
  "with remote execution": { type: "DEDICATED", remoteExecution: { enabled: true } },
  "of type HYBRID": { type: "HYBRID", clusterName: "ours", executor: "CELERY" },
  hibernating: { status: "HIBERNATING", isDevelopmentMode: true },
};

describe("emulator: answers have the documented fields and values, and no others", () => {
  const start = emulators();

  for (const apiVersion of apiVersions) {
    const forms = documentedForms[apiVersion];
    const assertForm = (form: keyof typeof forms, answer: Answer, status = 200) => {
      assert.equal(answer.status, status, answer.text);
      const problem = forms[form].safeParse(JSON.parse(answer.text)).error?.message;
      assert.equal(problem, undefined, answer.text);
    };

    describe(apiVersion, () => {
      for (const [name, seed] of Object.entries(seeds)) {
        it(`Deployment ${name}`, async () => {
          const api = new Api(await start({ deployments: [seed] }), apiVersion);
          assertForm("Deployment", await api.get(`/${api.deploymentId}`));
          assertForm("DeploymentsPaginated", await api.get(""));
          for (const query of ["", `?deploymentId=${api.deploymentId}`]) {
            assertForm("DeploymentOptions", await api.get(`/../deployment-options${query}`));
          }
        });
      }

      for (const create of [
        { type: "DAG_ONLY" },
        { type: "IMAGE_ONLY", description: "an image" },
        { type: "IMAGE_AND_DAG", git },
        bundle,
      ]) {
        for (const end of ["DEPLOYED", "FAILED"] as const) {
          it(`${create.type} that comes to be ${end}, at each step`, async () => {
            const emulator = await start({ processingMs: Infinity });
            const api = new Api(emulator, apiVersion);
            const created = await api.create(create);
            assertForm("Deploy", created);
            const { id, dagsUploadUrl, bundleUploadUrl } = created.body;
            const path = `/${api.deploymentId}/deploys/${id}`;
            assertForm("Deploy", await api.post(path, { description: "told later" }));
            const version = await upload(bundleUploadUrl ?? dagsUploadUrl, await dagsArchive());
            const versions = { dagTarballVersion: version, bundleTarballVersion: version };
            assertForm("Deploy", await api.finalize(id, versions));
            assertForm("Deployment", await api.get(`/${api.deploymentId}`));
            emulator.finish(id, { status: end, reason: "as the test wants it" });
            const ended = await api.deploy(id);
            assertForm("Deploy", ended);
            assert.equal(ended.body.status, end);
            assertForm("Deployment", await api.get(`/${api.deploymentId}`));
            if (end === "DEPLOYED") assertForm("Deploy", await api.rollback(id));
            assertForm("DeploysPaginated", await api.get(`/${api.deploymentId}/deploys`));
          });
        }
      }

      it("hibernation, overridden and as scheduled", async () => {
        const emulator = await start({ deployments: [{ status: "HIBERNATING" }], wakingMs: 0 });
        const api = new Api(emulator, apiVersion);
        const path = `/${api.deploymentId}/hibernation-override`;
        const overrideUntil = new Date(Date.now() + 3_600_000).toISOString();
        for (const body of [{ isHibernating: false, overrideUntil }, { isHibernating: true }]) {
          const override = await api.post(path, body);
          assertForm("DeploymentHibernationOverride", override);
          assertForm("Deployment", await api.get(`/${api.deploymentId}`));
        }
        const ended = await api.send("DELETE", api.deployments + path);
        assert.deepEqual([ended.status, ended.text], [204, ""]);
        assertForm("Deployment", await api.get(`/${api.deploymentId}`));
      });

      it("a deploy of somebody else's", async () => {
        const emulator = await start();
        const api = new Api(emulator, apiVersion);
        for (const type of ["DAG_ONLY", "BUNDLE", "IMAGE_AND_DAG"] as const) {
          const { id } = emulator.foreignDeploy(api.deploymentId, { type, git });
          assertForm("Deploy", await api.deploy(id));
        }
        assertForm("DeploysPaginated", await api.get(`/${api.deploymentId}/deploys`));
      });

      it("errors, with the statuses that the operations document", async () => {
        const emulator = await start({ rateLimit: false });
        const api = new Api(emulator, apiVersion);
        const { id } = (await api.create({ type: "DAG_ONLY" })).body;
        const token = emulator.addToken({ deployments: [] });
        const deploys = `/${api.deploymentId}/deploys`;
        /** By operation: the requests whose path or body is wrong. */
        const requests: Record<string, [method: string, path: string, body?: unknown][]> = {
          ListDeployments: [
            ["GET", "?limit=-1"],
            ["GET", "?sorts=colour:asc"],
          ],
          GetDeployment: [["GET", "/absent"]],
          GetDeploymentOptions: [["GET", "/../deployment-options?deploymentId=absent"]],
          UpdateDeploymentHibernationOverride: [
            ["POST", `/${api.deploymentId}/hibernation-override`, {}],
            ["POST", "/absent/hibernation-override", { isHibernating: true }],
          ],
          DeleteDeploymentHibernationOverride: [["DELETE", "/absent/hibernation-override"]],
          ListDeploys: [
            ["GET", `${deploys}?limit=1001`],
            ["GET", "/absent/deploys"],
          ],
          CreateDeploy: [
            ["POST", deploys, {}],
            ["POST", "/absent/deploys", { type: "DAG_ONLY" }],
          ],
          GetDeploy: [
            ["GET", `${deploys}/absent`],
            ["GET", `/absent/deploys/${id}`],
          ],
          UpdateDeploy: [
            ["POST", `${deploys}/${id}`, { description: 5 }],
            ["POST", `${deploys}/absent`, {}],
          ],
          FinalizeDeploy: [
            ["POST", `${deploys}/${id}/finalize`, {}],
            ["POST", `${deploys}/absent/finalize`, {}],
            ["POST", "/absent/deploys/absent/finalize", {}],
          ],
          DeployRollback: [
            ["POST", `${deploys}/${id}/rollback`, {}],
            ["POST", `${deploys}/absent/rollback`, {}],
          ],
        };
        assert.deepEqual(Object.keys(requests), Object.keys(documentedErrors));
        for (const [operation, wrong] of Object.entries(requests)) {
          for (const [method, path, body] of wrong) {
            const of = (organization: string) =>
              api.deployments.replace(emulator.organizationId, organization) + path;
            for (const [whose, from] of [
              [api, emulator.organizationId],
              [api, "absent"],
              [new Api(emulator, apiVersion, token, api.deploymentId), emulator.organizationId],
              [
                new Api(emulator, apiVersion, "no token", api.deploymentId),
                emulator.organizationId,
              ],
            ] as const) {
              const answer = await whose.send(method, of(from), body);
              if (answer.status === 200) assert.equal(operation, "ListDeployments");
              else {
                const allowed = documentedErrors[operation] ?? [];
                assert.ok(allowed.includes(answer.status), `${operation}: ${answer.text}`);
                assertForm("Error", answer, answer.status);
                assert.equal(answer.body.statusCode, answer.status);
              }
            }
          }
        }
      });
    });
  }
});

describe("emulator: ListDeployments", () => {
  const start = emulators();
  const names = async (api: Api, query: string) => {
    const { status, body } = await api.get(query);
    assert.equal(status, 200);
    return body.deployments.map(({ name }) => name);
  };

  for (const apiVersion of apiVersions) {
    it(`${apiVersion} takes any limit, and sorts by what it is told, by the first first`, async () => {
      const deployments = [
        { name: "b", updatedAt: "2026-01-02T00:00:00.000Z", createdAt: "2025-01-01T00:00:00.000Z" },
        { name: "c", updatedAt: "2026-01-01T00:00:00.000Z", createdAt: "2025-01-03T00:00:00.000Z" },
        { name: "a", updatedAt: "2026-01-02T00:00:00.000Z", createdAt: "2025-01-02T00:00:00.000Z" },
      ];
      const api = new Api(await start({ deployments }), apiVersion);
      assert.deepEqual(await names(api, "?limit=100000"), ["b", "c", "a"]);
      assert.deepEqual(await names(api, "?sorts=name:asc"), ["a", "b", "c"]);
      assert.deepEqual(await names(api, "?sorts=name:desc"), ["c", "b", "a"]);
      assert.deepEqual(await names(api, "?sorts=createdAt:asc"), ["b", "a", "c"]);
      assert.deepEqual(await names(api, "?sorts=updatedAt:desc&sorts=name:asc"), ["a", "b", "c"]);
      assert.deepEqual(await names(api, "?sorts=name:asc&limit=1&offset=1"), ["b"]);
    });
  }
});

describe("emulator: ListDeployments filters", () => {
  const start = emulators();

  for (const apiVersion of apiVersions) {
    it(`${apiVersion} by names, Workspaces and ids, in documented forms, of what a token may see`, async () => {
      const emulator = await start({
        deployments: [
          { id: "one", name: "etl", workspaceId: "w1" },
          { id: "two", name: "etl", workspaceId: "w2" },
          { id: "three", name: "other", workspaceId: "w2", statusReason: "No room" },
        ],
      });
      const api = new Api(emulator, apiVersion);
      const found = async (query: string, from = api) => {
        const { text, body } = await from.get(query);
        const form = documentedForms[apiVersion].DeploymentsPaginated.safeParse(JSON.parse(text));
        assert.equal(form.error?.message, undefined, text);
        assert.equal(body.totalCount, body.deployments.length);
        return body.deployments.map(({ id }) => id);
      };
      assert.deepEqual(await found("?names=etl"), ["one", "two"]);
      assert.deepEqual(await found("?names=etl&names=other"), ["one", "two", "three"]);
      assert.deepEqual(await found("?names=ETL"), []);
      assert.deepEqual(await found("?workspaceIds=w2&names=etl"), ["two"]);
      assert.deepEqual(await found("?deploymentIds=one&deploymentIds=three"), ["one", "three"]);
      const token = emulator.addToken({ deployments: ["two"] });
      assert.deepEqual(await found("?names=etl", new Api(emulator, apiVersion, token)), ["two"]);
    });
  }
});

describe("emulator: a body over the limit", () => {
  const start = emulators();

  it("gets its 413 once all of it was sent, and the connection serves the next request", async () => {
    const emulator = await start();
    const api = new Api(emulator);
    const { port, hostname } = new URL(emulator.url);
    const socket = connect(Number(port), hostname);
    let said = "";
    socket.setEncoding("utf8").on("data", (text: string) => (said += text));
    const size = 8 * 1024 * 1024;
    const head = (length: number) =>
      [
        `POST ${api.deployments}/${api.deploymentId}/deploys HTTP/1.1`,
        "host: emulator",
        `authorization: Bearer ${emulator.token}`,
        "content-type: application/json",
        `content-length: ${length}`,
        "\r\n",
      ].join("\r\n");
    socket.write(head(size));
    for (let sent = 0; sent < size; sent += 65_536) {
      if (!socket.write(Buffer.alloc(65_536, " "))) await once(socket, "drain");
    }
    while (!said.includes("\r\n\r\n")) await once(socket, "data");
    assert.match(said, /^HTTP\/1\.1 413 /);
    said = "";
    const body = '{"type":"DAG_ONLY"}';
    socket.write(head(body.length) + body);
    while (!said.includes("\r\n\r\n")) await once(socket, "data");
    assert.match(said, /^HTTP\/1\.1 200 /);
    socket.destroy();
  });
});
