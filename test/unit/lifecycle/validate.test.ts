import assert from "node:assert/strict";
import type { ApiVersion } from "../../../provider/astro/types";
import { argsSchema } from "../../../provider/lifecycle/inputs/args";
import { validate } from "../../../provider/lifecycle/inputs/validate";
import { unknownValue } from "../../../provider/lifecycle/inputs/unknownValue";

const base = { organizationId: "org", deploymentId: "dep" };
const dagOnly = { ...base, type: "DAG_ONLY" };
const bundle = {
  ...base,
  type: "BUNDLE",
  bundleType: "dbt",
  bundleMountPath: "/usr/local/airflow/dbt/shop",
};
const github = {
  provider: "GITHUB",
  commitSha: "c0ffee",
  account: "acme",
  repo: "etl",
  branch: "main",
  commitUrl: "https://github.com/acme/etl/commit/c0ffee",
};
const generic = { provider: "GENERIC", commitSha: "c0ffee", remoteUrl: "https://git.acme.io/etl" };

interface Case {
  args: Record<string, unknown>;
  apiVersion?: ApiVersion;
  property: string;
  reason: string;
}

const refused: Record<string, Case> = {
  "a missing type": {
    args: base,
    property: "type",
    reason: "is missing; allowed are IMAGE_AND_DAG, IMAGE_ONLY, DAG_ONLY, BUNDLE.",
  },
  "a misspelt type": {
    args: { ...base, type: "DAGS_ONLY" },
    property: "type",
    reason: "must be one of IMAGE_AND_DAG, IMAGE_ONLY, DAG_ONLY, BUNDLE.",
  },
  "a missing deploymentId": {
    args: { organizationId: "org", type: "DAG_ONLY" },
    property: "deploymentId",
    reason: "is missing. It is the id of the Deployment, as its page in the Astro UI shows it.",
  },
  "a missing organizationId": {
    args: { deploymentId: "dep", type: "DAG_ONLY" },
    property: "organizationId",
    reason:
      "is missing. Set it here, as the stack's configuration astro:organizationId, or as ASTRO_ORGANIZATION_ID.",
  },
  "an empty deploymentId": {
    args: { ...dagOnly, deploymentId: "" },
    property: "deploymentId",
    reason: "is empty.",
  },
  "a list in which something is not known yet": {
    args: { ...dagOnly, dags: [unknownValue, {}] },
    property: "dags",
    reason: "must be a folder's path, an archive or a map of files, not a list.",
  },
  "a list of files": {
    args: { ...dagOnly, dags: ["a.py"] },
    property: "dags",
    reason: "must be a folder's path, an archive or a map of files, not a list.",
  },
  "a file with an absolute name": {
    args: { ...dagOnly, dags: { "/etc/a.py": "" } },
    property: 'dags["/etc/a.py"]',
    reason:
      'is no name of a file: it must be a relative path such as lib/etl.py, without empty parts, "." and "..".',
  },
  "a file outside of the folder, in an archive": {
    args: { ...dagOnly, dags: { lib: { files: { "../a.py": "" } } } },
    property: 'dags.lib["../a.py"]',
    reason:
      'is no name of a file: it must be a relative path such as lib/etl.py, without empty parts, "." and "..".',
  },
  "a text as the folder itself": {
    args: { ...dagOnly, dags: { ".": "a = 1" } },
    property: 'dags["."]',
    reason:
      'is no name of a file: it must be a relative path such as lib/etl.py, without empty parts, "." and "..".',
  },
  "a file with too long a name": {
    args: { ...dagOnly, dags: { [`lib/${"é".repeat(128)}`]: "" } },
    property: `dags["lib/${"é".repeat(128)}"]`,
    reason: "has a part of 256 bytes; Linux takes at most 255.",
  },
  "a folder with a NUL character": {
    args: { ...dagOnly, dags: "dags\0" },
    property: "dags",
    reason: "has a NUL character, which no path has.",
  },
  "a file that is null": {
    args: { ...dagOnly, dags: { "a.py": null } },
    property: 'dags["a.py"]',
    reason: "is null: give it a value, or leave it out.",
  },
  "a folder of a map without a path": {
    args: { ...dagOnly, dags: { lib: { folder: "" } } },
    property: "dags.lib",
    reason: "is empty.",
  },
  "a value of another kind": {
    args: { ...dagOnly, dags: 7 },
    property: "dags",
    reason: "must be a folder's path, an archive or a map of files, not a number.",
  },
  "a list for a value": {
    args: { ...dagOnly, description: ["a"] },
    property: "description",
    reason: "must be a string, not a list.",
  },
  "an input that does not exist": {
    args: { ...dagOnly, dag: "./dags" },
    property: "dag",
    reason: "is not an input; did you mean dags.",
  },
  "a misspelt input": {
    args: { ...dagOnly, decsription: "nightly" },
    property: "decsription",
    reason: "is not an input; did you mean description.",
  },
  "the removal of a bundle that is not shipped": {
    args: { ...bundle, removeBundleOnDelete: true },
    property: "removeBundleOnDelete",
    reason: "has no effect without bundle; leave it out, or add that.",
  },
  "the removal of a bundle with another type": {
    args: { ...dagOnly, removeBundleOnDelete: true },
    property: "removeBundleOnDelete",
    reason: "belongs to deploys of type BUNDLE only; leave it out, or change the type.",
  },
  "dags without an image for both": {
    args: { ...base, type: "IMAGE_AND_DAG", dags: "./dags" },
    property: "image",
    reason: "is missing: a deploy of type IMAGE_AND_DAG that ships dags ships an image too.",
  },
  "an image with a type that ships none": {
    args: { ...dagOnly, image: "docker://registry.acme.io/etl:1" },
    property: "image",
    reason:
      "belongs to deploys of type IMAGE_ONLY or IMAGE_AND_DAG only; leave it out, or change the type.",
  },
  "an input called as every object's member": {
    args: { ...dagOnly, constructor: true },
    property: "constructor",
    reason: `is not an input; known are ${Object.keys(argsSchema.shape).join(", ")}.`,
  },
  "a base folder outside of the archive": {
    args: { ...dagOnly, dags: "./dags", dagsBaseDir: "../dags" },
    property: "dagsBaseDir",
    reason: 'must be a folder inside the archive such as dags, without "/" at its ends, or empty.',
  },
  "a base folder with a slash at its end": {
    args: { ...dagOnly, dags: "./dags", dagsBaseDir: "dags/" },
    property: "dagsBaseDir",
    reason: 'must be a folder inside the archive such as dags, without "/" at its ends, or empty.',
  },
  "a base folder of nothing": {
    args: { ...dagOnly, dagsBaseDir: "dags" },
    property: "dagsBaseDir",
    reason: "has no effect without dags; leave it out, or add that.",
  },
  "leave to empty nothing": {
    args: { ...dagOnly, allowEmptyDags: true },
    property: "allowEmptyDags",
    reason: "has no effect without dags; leave it out, or add that.",
  },
  "patterns to leave out of nothing": {
    args: { ...dagOnly, exclude: ["*.md"] },
    property: "exclude",
    reason: "has no effect without dags or bundle; leave it out, or add that.",
  },
  "a pattern that matches nothing": {
    args: { ...dagOnly, dags: "./dags", exclude: ["*.md", "./secret.env"] },
    property: "exclude[1]",
    reason: "matches nothing: patterns are relative to the folder, without ./ and ../.",
  },
  "to deploy nothing again": {
    args: { ...dagOnly, redeployWhenSuperseded: true },
    property: "redeployWhenSuperseded",
    reason:
      "has no effect without dags or bundle or image or rollbackTo; leave it out, or add that.",
  },
  "a relative mount path": {
    args: { ...bundle, bundleMountPath: "dbt/shop" },
    property: "bundleMountPath",
    reason:
      'does not begin with "/"; it must be an absolute path without "/" at its end, empty parts, "." and "..", such as /usr/local/airflow/dbt/my_project.',
  },
  "a mount path with an empty part": {
    args: { ...bundle, bundleMountPath: "/usr//shop" },
    property: "bundleMountPath",
    reason:
      'has nothing as part 2 of 3; it must be an absolute path without "/" at its end, empty parts, "." and "..", such as /usr/local/airflow/dbt/my_project.',
  },
  "a mount path that ends in a slash": {
    args: { ...bundle, bundleMountPath: "/usr/local/airflow/dbt/shop/" },
    property: "bundleMountPath",
    reason:
      'ends with "/"; it must be an absolute path without "/" at its end, empty parts, "." and "..", such as /usr/local/airflow/dbt/my_project.',
  },
  "BUNDLE without bundleType": {
    args: { ...bundle, bundleType: undefined },
    property: "bundleType",
    reason: "is missing: a deploy of type BUNDLE needs it (dbt, for example).",
  },
  "BUNDLE without bundleMountPath": {
    args: { ...bundle, bundleMountPath: undefined },
    property: "bundleMountPath",
    reason:
      "is missing: a deploy of type BUNDLE needs it (/usr/local/airflow/dbt/my_project, for example).",
  },
  "BUNDLE of another type than dbt without bundleMountPath": {
    args: { ...bundle, bundle: "./files", bundleType: "files", bundleMountPath: undefined },
    property: "bundleMountPath",
    reason:
      "is missing: a deploy of type BUNDLE needs it (/usr/local/airflow/dbt/my_project, for example).",
  },
  "bundleMountPath with another type": {
    args: { ...dagOnly, bundleMountPath: "/usr/local/airflow/dbt/shop" },
    property: "bundleMountPath",
    reason: "belongs to deploys of type BUNDLE only; leave it out, or change the type.",
  },
  "the mount path of the DAGs": {
    args: { ...bundle, bundleMountPath: "/usr/local/airflow/dags/" },
    property: "bundleMountPath",
    reason: "is /usr/local/airflow/dags, where the DAGs are; any other path is allowed.",
  },
  "a description of 501 characters": {
    args: { ...dagOnly, description: "é".repeat(501) },
    property: "description",
    reason: "has 501 characters; at most 500 are allowed.",
  },
  "dags with a type that ships none": {
    args: { ...base, type: "IMAGE_ONLY", dags: "./dags" },
    property: "dags",
    reason:
      "belongs to deploys of type DAG_ONLY or IMAGE_AND_DAG only; leave it out, or change the type.",
  },
  "bundle with another type": {
    args: { ...dagOnly, bundle: "./dbt" },
    property: "bundle",
    reason: "belongs to deploys of type BUNDLE only; leave it out, or change the type.",
  },
  "a misspelt field of git": {
    args: { ...dagOnly, git: { ...github, pathh: "dags" } },
    property: "git.pathh",
    reason: "is not an input; did you mean path.",
  },
  "null for what may be left out": {
    args: { ...dagOnly, wait: null },
    property: "wait",
    reason: "is null: give it a value, or leave it out.",
  },
  "null for the type": {
    args: { ...base, type: null },
    property: "type",
    reason: "is null; allowed are IMAGE_AND_DAG, IMAGE_ONLY, DAG_ONLY, BUNDLE.",
  },
  "the address of a Deployment's page for its id": {
    args: { ...dagOnly, deploymentId: "https://cloud.astronomer.io/ws/deployments/clvd" },
    property: "deploymentId",
    reason:
      "has a character at position 6 that no id has; it must be the id alone, such as clvdexample0000000000000, not a URL or a name.",
  },
  "a path for an id": {
    args: { ...dagOnly, deploymentId: ".." },
    property: "deploymentId",
    reason:
      "has a character at position 1 that no id has; it must be the id alone, such as clvdexample0000000000000, not a URL or a name.",
  },
  "an id that is too long": {
    args: { ...dagOnly, deploymentId: "x".repeat(101) },
    property: "deploymentId",
    reason: "has 101 characters; no id has more than 100.",
  },
  "git without a commit": {
    args: { ...dagOnly, git: { ...github, commitSha: undefined } },
    property: "git.commitSha",
    reason: "is missing.",
  },
  "git without a branch in v1beta1": {
    args: { ...dagOnly, git: { ...github, branch: undefined } },
    property: "git.branch",
    reason: "is missing: it is required with the provider GITHUB in API version v1beta1.",
  },
  "git of GITHUB without an account in v1": {
    args: { ...dagOnly, git: { ...github, account: undefined } },
    apiVersion: "v1",
    property: "git.account",
    reason: "is missing: it is required with the provider GITHUB in API version v1.",
  },
  "git of GENERIC in v1beta1": {
    args: { ...dagOnly, git: generic },
    property: "git.provider",
    reason: "is not known to API version v1beta1; set astro:apiVersion to v1, or use GITHUB.",
  },
  "git of GENERIC with a repo": {
    args: { ...dagOnly, git: { ...generic, repo: "etl" } },
    apiVersion: "v1",
    property: "git.repo",
    reason: "must not be set with the provider GENERIC in API version v1.",
  },
};

describe("the rules for the inputs", () => {
  for (const [name, { args, apiVersion = "v1beta1", property, reason }] of Object.entries(
    refused,
  )) {
    it(`refuse ${name}`, () => {
      const [{ code, ...failure } = {}, ...others] = validate(args, apiVersion);
      assert.deepEqual([failure, others], [{ property, reason }, []]);
      assert.ok(code);
    });
  }

  const accepted: Record<string, [Record<string, unknown>, ApiVersion?]> = {
    "each type without a source": [dagOnly],
    "a complete bundle": [{ ...bundle, bundle: "./dbt", exclude: ["target/"] }],
    "a dbt project whose mount path is left to its name": [
      { ...bundle, bundle: "./dbt", bundleMountPath: undefined },
    ],
    "a description of 500 characters outside the basic plane": [
      { ...dagOnly, description: "🚀".repeat(500) },
    ],
    "a GitHub commit": [{ ...dagOnly, git: github }],
    "a GitHub commit without a branch in v1": [
      { ...dagOnly, git: { ...github, branch: undefined } },
      "v1",
    ],
    "what is not asked for, without anything that it would change": [
      { ...dagOnly, removeBundleOnDelete: false, allowEmptyDags: false },
    ],
    "a commit of another provider in v1": [{ ...dagOnly, git: generic }, "v1"],
  };
  for (const [name, [args, apiVersion = "v1beta1"]] of Object.entries(accepted)) {
    it(`accept ${name}`, () => {
      assert.deepEqual(validate(args, apiVersion), []);
    });
  }

  it("report every problem at once", () => {
    const properties = validate({ type: "BUNDLE", dags: "./dags" }, "v1beta1").map(
      (f) => f.property,
    );
    assert.deepEqual(properties.sort(), [
      "bundleMountPath",
      "bundleType",
      "dags",
      "deploymentId",
      "organizationId",
    ]);
  });

  it("let every value through that is not known yet", () => {
    const args = Object.fromEntries(
      [
        "organizationId",
        "deploymentId",
        "type",
        "description",
        "dags",
        "git",
        "exclude",
        "wait",
      ].map((name) => [name, unknownValue]),
    );
    assert.deepEqual(validate(args, "v1beta1"), []);
  });

  it("let an unknown value inside git through, and see the others", () => {
    const git = { ...github, commitSha: unknownValue, provider: "GITLAB" };
    assert.deepEqual(validate({ ...dagOnly, git }, "v1beta1"), [
      {
        property: "git.provider",
        reason: "must be one of GITHUB, GENERIC.",
        code: "invalid-input",
      },
    ]);
  });
});
