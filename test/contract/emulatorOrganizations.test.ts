import assert from "node:assert/strict";
import type { Emulator } from "../../emulator";
import { documentedForms, documentedOrganizationForms } from "./documentedForms";
import { Api, emulators, upload, dagsArchive } from "./emulatorSetup";

interface Listed {
  id: string;
  name: string;
}

describe("emulator: what the astro CLI and the GitHub action ask for", () => {
  const start = emulators();
  const deployments = [
    { id: "one", name: "etl", workspaceId: "w1", workspaceName: "first", clusterId: "c1" },
    { id: "two", name: "ml", workspaceId: "w1", workspaceName: "first", clusterId: "c1" },
    { id: "three", name: "bi", workspaceId: "w2", workspaceName: "second", clusterId: "c2" },
  ];

  /** Asserts that an answer is of a documented form, and returns it. */
  async function get(
    api: Api,
    path: string,
    form: keyof typeof documentedOrganizationForms,
  ): Promise<Record<string, Listed[]>> {
    const { status, text } = await api.send("GET", `/v1/organizations${path}`);
    assert.equal(status, 200, text);
    const json = JSON.parse(text) as Record<string, Listed[]>;
    const { error } = documentedOrganizationForms[form].safeParse(json);
    assert.equal(error?.message, undefined, text);
    return json;
  }

  const ids = (listed: Listed[] | undefined) => listed?.map(({ id }) => id);

  it("organizations, Workspaces and clusters, in documented forms", async () => {
    const emulator = await start({ organizationId: "org", deployments });
    const api = new Api(emulator, "v1");
    const { organizations } = await get(api, "", "OrganizationsPaginated");
    assert.deepEqual(ids(organizations), ["org"]);
    await get(api, "/org", "Organization");
    const { workspaces } = await get(api, "/org/workspaces", "WorkspacesPaginated");
    assert.deepEqual(ids(workspaces), ["w1", "w2"]);
    const named = await get(api, "/org/workspaces?names=second&limit=5", "WorkspacesPaginated");
    assert.deepEqual(ids(named.workspaces), ["w2"]);
    await get(api, "/org/workspaces/w1", "Workspace");
    const { clusters } = await get(api, "/org/clusters", "ClustersPaginated");
    assert.deepEqual(ids(clusters), ["c1", "c2"]);
    await get(api, "/org/clusters/c1", "Cluster");
  });

  it("errors in the documented form, and the places only that a token may see", async () => {
    const emulator = await start({ organizationId: "org", deployments });
    const narrow = new Api(emulator, "v1", emulator.addToken({ deployments: ["three"] }), "three");
    const { workspaces } = await get(narrow, "/org/workspaces", "WorkspacesPaginated");
    assert.deepEqual(ids(workspaces), ["w2"]);
    const api = new Api(emulator, "v1");
    for (const [whose, path, status] of [
      [new Api(emulator, "v1", "unknown"), "", 401],
      [api, "/absent/workspaces", 403],
      [api, "/org/workspaces?limit=many", 400],
      [api, "/org/workspaces/absent", 404],
      [narrow, "/org/workspaces/w1", 404],
      [api, "/org/clusters/absent", 404],
    ] as const) {
      const answer = await whose.send("GET", `/v1/organizations${path}`);
      assert.equal(answer.status, status, path);
      const { error } = documentedForms.v1.Error.safeParse(JSON.parse(answer.text));
      assert.equal(error?.message, undefined, answer.text);
    }
    assert.equal((await api.send("GET", "/platform/v1beta1/organizations")).status, 404);
  });

  it("a bare emulator's token names the Workspace of its Deployments", async () => {
    const permissions = (emulator: Emulator) => {
      const claims = Buffer.from(emulator.token.split(".")[1] ?? "", "base64url").toString();
      return (JSON.parse(claims) as { permissions: string[] }).permissions;
    };
    const bare = await start();
    const [deployment] = bare.deployments;
    assert.ok(permissions(bare).includes(`workspaceId:${deployment?.workspaceId ?? ""}`));
    const several = await start({ deployments });
    assert.ok(!permissions(several).some((text) => text.startsWith("workspaceId:")));
  });

  it("a Deployment has what `deployment inspect` shows", async () => {
    const api = new Api(await start(), "v1");
    const { text } = await api.get(`/${api.deploymentId}`);
    const shown = JSON.parse(text) as Record<string, string>;
    for (const field of [
      "defaultTaskPodCpu",
      "defaultTaskPodMemory",
      "resourceQuotaCpu",
      "resourceQuotaMemory",
    ]) {
      assert.match(shown[field] ?? "", /^[\d.]+(Gi)?$/, field);
    }
  });

  it("the requests of a deploy of DAGs, as the astro CLI sends them", async () => {
    const emulator = await start({ deployments: [{ id: "etl", name: "prod-etl" }] });
    const api = new Api(emulator, "v1");
    const { body: found } = await api.get("?names=prod-etl&limit=1000&offset=0");
    assert.deepEqual(ids(found.deployments), ["etl"]);
    assert.equal((await api.get("/../deployment-options?deploymentId=etl")).status, 200);
    const { body } = await api.create({ type: "DAG_ONLY", description: "" });
    const version = await upload(body.dagsUploadUrl, await dagsArchive());
    await api.finalize(body.id, { dagTarballVersion: version });
    emulator.advance(1000);
    assert.equal((await api.deploy(body.id)).body.status, "DEPLOYED");
    // For an image it names no version, as an empty text.
    const image = await api.create({ type: "IMAGE_ONLY", description: "" });
    assert.equal((await api.finalize(image.body.id, { dagTarballVersion: "" })).status, 200);
  });
});
