import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { startEmulator, type Emulator } from "../../emulator";
import { ProviderHost, serializedStub, type Properties } from "../helpers/providerHost";

/** What is said of arguments that must not be sent. */
const refused: Record<string, [Record<string, unknown>, RegExp]> = {
  "a missing type": [{ type: undefined }, /^type: is missing; allowed are IMAGE_AND_DAG/],
  "a misspelt type": [
    { type: "DAGS" },
    /type: must be one of IMAGE_AND_DAG, IMAGE_ONLY, DAG_ONLY, BUNDLE/,
  ],
  "a misspelt input": [{ dag: "./dags" }, /dag: is not an input; did you mean dags/],
  "BUNDLE without bundleType": [
    { type: "BUNDLE", bundleMountPath: "/usr/local/airflow/dbt/shop" },
    /bundleType: is missing: a deploy of type BUNDLE needs it/,
  ],
  "BUNDLE without bundleMountPath": [
    { type: "BUNDLE", bundleType: "dbt" },
    /bundleMountPath: is missing: a deploy of type BUNDLE needs it/,
  ],
  "bundleMountPath with another type": [
    { bundleMountPath: "/usr/local/airflow/dbt/shop" },
    /bundleMountPath: belongs to deploys of type BUNDLE only; leave it out/,
  ],
  "a description of 501 characters": [
    { description: "x".repeat(501) },
    /description: has 501 characters; at most 500 are allowed/,
  ],
  "dags that do not exist": [{ dags: "./nowhere" }, /dags: the folder does not exist/],
  "dags that are a file": [{ dags: "./program.js" }, /dags: the folder is not a directory\. Name/],
  "dags without a file": [
    { dags: "./empty" },
    /dags: there are no files to ship: deploying it would remove every DAG/,
  ],
  "dags with a link that leaves them": [
    { dags: "./linked" },
    /dags: out\.py is a link that leaves the folder\. Make it point inside the folder/,
  ],
  "import errors to be reported without waiting": [
    { dags: "./dags", wait: false, reportImportErrors: true },
    /reportImportErrors: cannot be true with wait: false, since Airflow imports the DAGs only when/,
  ],
  "import errors to be reported of nothing": [
    { reportImportErrors: true },
    /reportImportErrors: has no effect without dags or image; leave it out, or add that/,
  ],
  "dags with a type that ships none": [
    { type: "IMAGE_ONLY", dags: "./dags" },
    /dags: belongs to deploys of type DAG_ONLY or IMAGE_AND_DAG only; leave it out/,
  ],
  "a dbt bundle that is no dbt project": [
    {
      type: "BUNDLE",
      bundleType: "dbt",
      bundleMountPath: "/usr/local/airflow/dbt/shop",
      bundle: "./dags",
    },
    /bundle: is no dbt project: it has no dbt_project\.yml/,
  ],
  "an incomplete git": [
    { git: { provider: "GITHUB", commitSha: "c0ffee", account: "acme", repo: "etl" } },
    /git\.branch: is missing: it is required with the provider GITHUB in API version v1beta1/,
  ],
};

for (const kind of ["dynamic", "plugin"] as const) {
  describe(`bad input, in the host ${kind}`, () => {
    let emulator: Emulator;
    let host: ProviderHost;
    let declared: Properties;

    before(async () => {
      emulator = await startEmulator();
      host = await ProviderHost.start({
        host: kind,
        files: {
          "program.js": "",
          "dags/a.py": "a = 1\n",
          "empty/.git/config": "",
          "linked/in.py": "",
        },
        env: emulator.env,
      });
      symlinkSync("../dags/a.py", host.path("linked/out.py"));
      const [deployment] = emulator.deployments;
      declared = {
        ...(kind === "dynamic" && { __provider: serializedStub() }),
        deploymentId: deployment?.id ?? "",
        type: "DAG_ONLY",
      };
    });
    after(async () => {
      await host.stop();
      await emulator.close();
    });

    for (const [name, [change, message]] of Object.entries(refused)) {
      it(`refuses ${name}, and sends nothing`, async () => {
        const given = Object.entries({ ...declared, ...change });
        const news = Object.fromEntries(given.filter(([, value]) => value !== undefined));
        const { failures } = await host.check({}, news);
        assert.match(failures.map(({ reason }) => reason).join("\n"), message);
        assert.deepEqual(emulator.requests, []);
      });
    }
  });
}
