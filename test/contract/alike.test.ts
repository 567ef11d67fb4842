import assert from "node:assert/strict";
import { startEmulator, type ForeignDeploy, type Emulator } from "../../emulator";
import { createClient } from "../../provider/astro/client";
import {
  onlyMatch,
  findMatchingDeploys,
  tokenIdOf,
} from "../../provider/lifecycle/recovery/lostCreate";
import type { DeployInputs } from "../../provider/lifecycle/inputs/table";
import { connection, readSettings } from "../../provider/hosts/settings";

const git = { provider: "GITHUB", commitSha: "c0ffee", account: "acme", repo: "etl" } as const;

describe("a deploy whose creation got no answer", () => {
  let emulator: Emulator;
  let deploymentId: string;
  let subject: { id: string };
  let since: string;
  let apiVersion: string;

  beforeEach(async () => {
    emulator = await startEmulator();
    deploymentId = emulator.deployments[0]?.id ?? "";
    subject = { id: tokenIdOf(emulator.token) ?? "" };
    since = new Date().toISOString();
    apiVersion = "v1";
  });
  afterEach(() => emulator.close());

  const find = (inputs: Partial<DeployInputs> = {}, token = emulator.token) => {
    const env = { ...emulator.env, ASTRO_API_VERSION: apiVersion };
    const client = createClient(connection(readSettings(() => undefined, env)));
    const { organizationId } = emulator;
    const whole = { organizationId, deploymentId, type: "DAG_ONLY" as const, ...inputs };
    return findMatchingDeploys(client, whole, { since, tokenId: tokenIdOf(token) });
  };
  const begin = (fields: ForeignDeploy = {}) =>
    emulator.foreignDeploy(deploymentId, { status: "INITIALIZED", subject, ...fields });

  const same: Record<string, [ForeignDeploy, Partial<DeployInputs>]> = {
    "of DAGs": [{}, {}],
    "with a description": [{ description: "nightly" }, { description: "nightly" }],
    "of a bundle": [
      { type: "BUNDLE", bundleMountPath: "/usr/local/airflow/dbt/shop" },
      { type: "BUNDLE", bundleType: "dbt", bundleMountPath: "/usr/local/airflow/dbt/shop" },
    ],
    "of a commit": [{ git }, { git }],
  };
  for (const [what, [fields, inputs]] of Object.entries(same)) {
    it(`is found ${what}`, async () => {
      const { id } = begin(fields);
      assert.equal(onlyMatch(await find(inputs))?.id, id);
    });
  }

  const other: Record<string, [ForeignDeploy, Partial<DeployInputs>]> = {
    "of another type": [{ type: "IMAGE_ONLY" }, {}],
    "of another description": [{ description: "nightly" }, { description: "weekly" }],
    "of another mount path": [
      { type: "BUNDLE", bundleMountPath: "/usr/local/airflow/dbt/shop" },
      { type: "BUNDLE", bundleType: "dbt", bundleMountPath: "/usr/local/airflow/dbt/store" },
    ],
    "of another commit": [{ git }, { git: { ...git, commitSha: "cafe" } }],
    "without the commit": [{}, { git }],
    "that has ended": [{ status: "DEPLOYED" }, {}],
    "that is no rollback": [{}, { rollbackTo: "deploy" }],
  };
  for (const [what, [fields, inputs]] of Object.entries(other)) {
    it(`is not one ${what}`, async () => {
      begin(fields);
      const { ours, doubtful, others } = await find(inputs);
      assert.deepEqual([ours, doubtful, others], [[], [], []]);
    });
  }

  it("is found whatever its commit in v1beta1, whose answers do not tell", async () => {
    apiVersion = "v1beta1";
    const { id } = begin({ git });
    assert.equal(onlyMatch(await find({ git }))?.id, id);
  });

  it("is not one from before the request", async () => {
    begin();
    emulator.advance(5000);
    since = new Date(Date.now() + 5000).toISOString();
    assert.deepEqual((await find()).ours, []);
  });

  it("is not another's", async () => {
    const { id } = begin({ subject: { id: "another" } });
    const alike = await find();
    assert.deepEqual([alike.ours, alike.others.map((deploy) => deploy.id)], [[], [id]]);
    assert.equal(onlyMatch(alike), undefined);
  });

  it("is doubtful where the token does not say whose it is", async () => {
    const { id } = begin();
    const alike = await find({}, "opaque");
    assert.deepEqual([alike.ours, alike.doubtful.map((deploy) => deploy.id)], [[], [id]]);
    assert.equal(onlyMatch(alike), undefined);
  });

  it("is none for certain where there are two", async () => {
    begin();
    begin();
    assert.equal(onlyMatch(await find()), undefined);
  });
});
