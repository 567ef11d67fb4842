import assert from "node:assert/strict";
import { DeployStatus } from "../../../provider/astro/types";
import { compare } from "../../../provider/lifecycle/diff";
import { fingerprint } from "../../../provider/lifecycle/inputs/fingerprint";
import type { DeployInputs } from "../../../provider/lifecycle/inputs/table";
import type { DeployOutputs } from "../../../provider/lifecycle/outputs";
import { unknownValue } from "../../../provider/lifecycle/inputs/unknownValue";

const inputs: DeployInputs = {
  organizationId: "org",
  deploymentId: "dep",
  type: "DAG_ONLY",
  description: "nightly",
  dags: "./dags",
  dagsDigest: "sha256:aa",
  git: { provider: "GITHUB", commitSha: "c0ffee", repo: "etl" },
};

function stateOf(of: DeployInputs, more: Partial<DeployOutputs> = {}): Partial<DeployOutputs> {
  return {
    status: "DEPLOYED",
    progress: { finalize: "done" },
    fingerprint: fingerprint(of),
    ...more,
  };
}

describe("diff", () => {
  it("finds nothing where nothing changed", () => {
    assert.deepEqual(compare(stateOf(inputs), { ...inputs }), { changes: false, replaces: [] });
  });

  const changes: Partial<DeployInputs> = {
    organizationId: "other",
    deploymentId: "other",
    type: "IMAGE_AND_DAG",
    description: "hourly",
    bundleType: "dbt",
    bundleMountPath: "/usr/local/airflow/dbt/shop",
    git: { provider: "GITHUB", commitSha: "c0ffee", repo: "other" },
    dagsDigest: "sha256:bb",
    bundleDigest: "sha256:bb",
  };
  for (const [name, value] of Object.entries(changes)) {
    it(`replaces when ${name} changes`, () => {
      assert.deepEqual(compare(stateOf(inputs), { ...inputs, [name]: value }), {
        changes: true,
        replaces: [name],
      });
    });
    it(`replaces when ${name} is not known yet`, () => {
      assert.deepEqual(compare(stateOf(inputs), { ...inputs, [name]: unknownValue }).replaces, [
        name,
      ]);
    });
  }

  it("replaces when an input is removed", () => {
    const { description: _, ...rest } = inputs;
    assert.deepEqual(compare(stateOf(inputs), rest).replaces, ["description"]);
  });

  const { git: commit, ...plain } = inputs;
  const alike: Record<string, [Partial<DeployInputs>, Partial<DeployInputs>]> = {
    "a description": [{ description: "" }, { description: undefined }],
    "a field of git": [
      { git: { ...commit, path: "", authorName: "Ada" } as DeployInputs["git"] },
      { git: { ...commit, authorName: "Ada" } as DeployInputs["git"] },
    ],
    "several fields of git": [
      { git: { ...commit, path: "", authorUrl: "" } as DeployInputs["git"] },
      { git: { ...commit, beforeCommitSha: "" } as DeployInputs["git"] },
    ],
  };
  for (const [what, [some, others]] of Object.entries(alike)) {
    it(`takes ${what} that is empty for none, in both directions`, () => {
      const [one, other] = [
        { ...plain, ...some },
        { ...plain, ...others },
      ];
      assert.notDeepEqual(fingerprint(one), fingerprint(other), "what the state has differs");
      assert.deepEqual(compare(stateOf(one), other), { changes: false, replaces: [] });
      assert.deepEqual(compare(stateOf(other), one), { changes: false, replaces: [] });
    });
  }

  it("replaces when an empty description or git is given a content", () => {
    const none = { ...inputs, description: "" };
    assert.deepEqual(compare(stateOf(none), inputs).replaces, ["description"]);
    assert.deepEqual(compare(stateOf(inputs), none).replaces, ["description"]);
    const git = { ...inputs.git, path: "" } as DeployInputs["git"];
    const changed = { ...inputs, git: { ...git, path: "etl" } as DeployInputs["git"] };
    assert.deepEqual(compare(stateOf({ ...inputs, git }), changed).replaces, ["git"]);
    assert.deepEqual(compare(stateOf({ ...inputs, git }), { ...inputs, git: undefined }).replaces, [
      "git",
    ]);
  });

  it("writes the hash of an empty description as every release does", () => {
    assert.equal(fingerprint({ description: "" }).description, "12ae32cb1ec02d01");
  });

  it("takes the order of git's fields for nothing", () => {
    const git = { repo: "etl", commitSha: "c0ffee", provider: "GITHUB" as const };
    assert.equal(compare(stateOf(inputs), { ...inputs, git }).changes, false);
  });

  it("compares a folder by what it ships, not by where it lies", () => {
    assert.equal(compare(stateOf(inputs), { ...inputs, dags: "/elsewhere/dags" }).changes, false);
  });

  it("takes a changed provider text for nothing", () => {
    const news = { ...inputs, __provider: "a later release" };
    assert.equal(
      compare({ ...stateOf(inputs), ...{ __provider: "this one" } }, news).changes,
      false,
    );
  });

  it("takes what the service says of description and git for nothing", () => {
    const olds = stateOf(inputs, { description: "edited in the Astro UI" });
    assert.equal(compare(olds, inputs).changes, false);
  });

  it("asks for another deploy where this one failed", () => {
    assert.deepEqual(compare(stateOf(inputs, { status: "FAILED" }), inputs), {
      changes: true,
      replaces: ["status"],
    });
  });

  it("asks for another deploy where this one can never be finished", () => {
    const olds = stateOf(inputs, { status: "INITIALIZED", progress: { abandoned: "expired" } });
    assert.deepEqual(compare(olds, inputs).replaces, ["progress"]);
  });

  it("resumes where the deploy was not finalized", () => {
    const olds = stateOf(inputs, { status: "INITIALIZED", progress: { dagTarballVersion: "v" } });
    assert.deepEqual(compare(olds, inputs), { changes: true, replaces: [] });
  });

  it("goes on waiting where it should have waited", () => {
    const olds = stateOf(inputs, { status: "INITIALIZED" });
    assert.deepEqual(compare(olds, inputs), { changes: true, replaces: [] });
    assert.equal(compare(olds, { ...inputs, wait: false }).changes, false);
  });

  it("leaves a deploy without a source to its user", () => {
    const { dags: _, dagsDigest: __, ...bare } = inputs;
    for (const status of Object.values(DeployStatus)) {
      assert.equal(compare(stateOf(bare, { status, progress: {} }), bare).changes, false);
    }
  });
});
