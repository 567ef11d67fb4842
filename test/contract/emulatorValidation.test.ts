import assert from "node:assert/strict";
import { Api, emulators, apiVersions } from "./emulatorSetup";

const github = {
  provider: "GITHUB",
  commitSha: "0123456789abcdef",
  account: "acme",
  repo: "dags",
  branch: "main",
  commitUrl: "https://github.com/acme/dags/commit/0123456789abcdef",
};
const generic = {
  provider: "GENERIC",
  commitSha: "0123456789abcdef",
  remoteUrl: "https://git.example.com/acme/dags.git",
};
const bundle = {
  type: "BUNDLE",
  bundleType: "dbt",
  bundleMountPath: "/usr/local/airflow/dbt/shop",
};
const dags = { type: "DAG_ONLY" };

function without(object: Record<string, unknown>, key: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
}

/** A body that both API versions refuse, with the field and the code that v1 reports. */
const refused: [string, unknown, string, string][] = [
  ["no type", {}, "type", "required"],
  ["an unknown type", { type: "DAGS" }, "type", "oneof"],
  [
    "a description of 501 characters",
    { ...dags, description: "x".repeat(501) },
    "description",
    "max",
  ],
  ["a description that is no text", { ...dags, description: 5 }, "description", "type"],
  ["a null type", { type: null }, "type", "required"],
  ["a null bundleType", { ...bundle, bundleType: null }, "bundleType", "required"],
  ["a null commit", { ...dags, git: { ...github, commitSha: null } }, "git.commitSha", "required"],
  ["BUNDLE without a type", without(bundle, "bundleType"), "bundleType", "required"],
  ["BUNDLE with an empty type", { ...bundle, bundleType: "" }, "bundleType", "required"],
  [
    "BUNDLE without a mount path",
    without(bundle, "bundleMountPath"),
    "bundleMountPath",
    "required",
  ],
  [
    "BUNDLE at the DAGs' mount path",
    { ...bundle, bundleMountPath: "/usr/local/airflow/dags" },
    "bundleMountPath",
    "invalid",
  ],
  [
    "BUNDLE at the DAGs' mount path with a slash",
    { ...bundle, bundleMountPath: "/usr/local/airflow/dags/" },
    "bundleMountPath",
    "invalid",
  ],
  [
    "git without a provider",
    { ...dags, git: without(github, "provider") },
    "git.provider",
    "required",
  ],
  [
    "git of an unknown provider",
    { ...dags, git: { ...github, provider: "SVN" } },
    "git.provider",
    "oneof",
  ],
  [
    "git without a commit",
    { ...dags, git: without(github, "commitSha") },
    "git.commitSha",
    "required",
  ],
  [
    "GITHUB without an account",
    { ...dags, git: without(github, "account") },
    "git.account",
    "required",
  ],
  ["GITHUB without a repo", { ...dags, git: { ...github, repo: "" } }, "git.repo", "required"],
  ["a body that is no object", "[]", "body", "type"],
];

describe("emulator: validation of CreateDeploy", () => {
  const start = emulators();

  for (const apiVersion of apiVersions) {
    describe(apiVersion, () => {
      for (const [name, body, field, code] of refused) {
        it(`refuses ${name}`, async () => {
          const api = new Api(await start(), apiVersion);
          const answer = await api.create(body);
          assert.equal(answer.status, 400);
          assert.equal(answer.body.statusCode, 400);
          assert.ok(answer.body.message.includes(field), answer.body.message);
          if (apiVersion === "v1") {
            const [error] = answer.body.fieldErrors;
            assert.equal(error?.field, field);
            assert.equal(error.code, code);
            assert.equal(typeof error.message, "string");
          } else {
            assert.equal(answer.body.fieldErrors, undefined);
          }
          assert.deepEqual(api.emulator.deploys(api.deploymentId), []);
        });
      }

      for (const [name, body] of [
        [
          "a description of 500 characters beyond the BMP",
          { ...dags, description: "🚀".repeat(500) },
        ],
        ["a whole GITHUB commit", { ...dags, git: { ...github, path: "etl", authorName: "A" } }],
        ["a bundle", bundle],
        ["null for what is optional", { ...dags, description: null, git: null }],
        [
          "null for what is optional in a commit",
          { ...dags, git: { ...github, path: null, authorName: null } },
        ],
        ["fields that it does not know", { ...dags, colour: "blue" }],
        [
          "a mount path below the DAGs",
          { ...bundle, bundleMountPath: "/usr/local/airflow/dags/x" },
        ],
      ] as const) {
        it(`takes ${name}`, async () => {
          const { status, body: deploy } = await new Api(await start(), apiVersion).create(body);
          assert.equal(status, 200);
          // Answers of v1beta1 have no field for it.
          const git = apiVersion === "v1" && "git" in body ? body.git : null;
          const answered = Object.entries(git ?? {}).filter(([, value]) => value !== null);
          assert.deepEqual(Object.entries((deploy as { git?: object }).git ?? {}), answered);
          if ("description" in body) {
            assert.equal(deploy.description, body.description ?? undefined);
          }
          if ("bundleMountPath" in body) {
            assert.equal(deploy.bundleMountPath, body.bundleMountPath);
            assert.ok(deploy.bundleUploadUrl);
          }
        });
      }

      it("refuses what is not JSON", async () => {
        const { status, body } = await new Api(await start(), apiVersion).create("{");
        assert.equal(status, 400);
        assert.match(body.message, /not JSON/);
      });

      for (const type of ["DAG_ONLY", "IMAGE_ONLY", "BUNDLE"]) {
        it(`refuses ${type} where DAG deploys are off`, async () => {
          const emulator = await start({ deployments: [{ isDagDeployEnabled: false }] });
          const answer = await new Api(emulator, apiVersion).create({ ...bundle, type });
          assert.equal(answer.status, 400);
          assert.match(answer.body.message, /DAG deploys are not enabled/);
        });
      }

      it("takes IMAGE_AND_DAG where DAG deploys are off, without upload URLs", async () => {
        const emulator = await start({ deployments: [{ isDagDeployEnabled: false }] });
        const { status, body } = await new Api(emulator, apiVersion).create({
          type: "IMAGE_AND_DAG",
        });
        assert.equal(status, 200);
        assert.equal(body.isDagDeployEnabled, false);
        assert.equal(body.dagsUploadUrl, undefined);
      });

      it("refuses a description over 500 characters in update and rollback", async () => {
        const emulator = await start();
        const api = new Api(emulator, apiVersion);
        const { id } = emulator.foreignDeploy(api.deploymentId);
        const body = { description: "x".repeat(501) };
        assert.equal((await api.post(`/${api.deploymentId}/deploys/${id}`, body)).status, 400);
        assert.equal((await api.rollback(id, body)).status, 400);
      });
    });
  }

  describe("git, where the API versions differ", () => {
    const cases: [string, object, { v1beta1: number; v1: number }][] = [
      ["GENERIC", generic, { v1beta1: 400, v1: 200 }],
      ["GENERIC without remoteUrl", without(generic, "remoteUrl"), { v1beta1: 400, v1: 400 }],
      ["GENERIC with an account", { ...generic, account: "acme" }, { v1beta1: 400, v1: 400 }],
      ["GENERIC with an empty account", { ...generic, account: "" }, { v1beta1: 400, v1: 200 }],
      ["GITHUB without branch", without(github, "branch"), { v1beta1: 400, v1: 200 }],
      ["GITHUB without commitUrl", without(github, "commitUrl"), { v1beta1: 400, v1: 200 }],
      ["GITHUB with remoteUrl", { ...github, remoteUrl: "https://x" }, { v1beta1: 200, v1: 400 }],
    ];
    for (const [name, git, expected] of cases) {
      for (const apiVersion of apiVersions) {
        it(`${apiVersion} answers ${expected[apiVersion]} to ${name}`, async () => {
          const answer = await new Api(await start(), apiVersion).create({ ...dags, git });
          assert.equal(answer.status, expected[apiVersion], answer.text);
        });
      }
    }
  });

  it("refuses a hibernating Deployment where it is told to", async () => {
    const deployments = [{ status: "HIBERNATING" }] as const;
    const refusing = await start({ deployments, behaviour: { hibernating: "refuse" } });
    const answer = await new Api(refusing).create(dags);
    assert.equal(answer.status, 400);
    assert.match(answer.body.message, /hibernating/);
    assert.equal((await new Api(await start({ deployments })).create(dags)).status, 200);
  });
});
