import assert from "node:assert/strict";
import { startEmulator, type Emulator, type Operation } from "../../emulator";
import { HostEngine } from "../helpers/hostEngine";
import { assertNowhere } from "../helpers/leaks";
import { InitFailed, ProviderHost, serializedStub, type Properties } from "../helpers/providerHost";

/** The requests of a deploy at which something goes wrong. */
const moments: readonly (readonly [Operation, "before" | "after"])[] = [
  ["CreateDeploy", "before"],
  ["CreateDeploy", "after"],
  ["PutBlob", "before"],
  ["PutBlob", "after"],
  ["FinalizeDeploy", "before"],
  ["FinalizeDeploy", "after"],
  ["GetDeploy", "before"],
];

const badInputs: Record<string, Properties> = {
  "a type that does not exist": { type: "DAGS_ONLY" },
  "a misspelt argument": { exlude: ["x"] },
  "a bundle's argument for DAGs": { bundleType: "dbt" },
  "an id that is a URL": { deploymentId: "https://cloud.astronomer.io/VERYSECRET" },
  "a description that is too long": { description: `VERYSECRET${"x".repeat(500)}` },
  "a folder that is not there": { dags: "./VERYSECRET" },
  "a commit without its repository": { git: { provider: "GITHUB", commitSha: "VERYSECRET" } },
};

// One table for both: what a deploy promises is the lifecycle's, whichever host serves it.
for (const kind of ["dynamic", "plugin"] as const) {
  describe(`what a deploy promises, in the host ${kind}`, () => {
    let emulator: Emulator;
    let engine: HostEngine;
    let deploymentId: string;
    const files = { "dags/a.py": "a = 1\n" };
    const deploys = () => emulator.deploys(deploymentId);

    beforeEach(async () => {
      emulator = await startEmulator({ behaviour: { statusReason: true } });
      deploymentId = emulator.deployments[0]?.id ?? "";
      const args = { deploymentId, type: "DAG_ONLY", dags: "./dags" };
      engine = new HostEngine(kind, emulator, args, files);
    });
    afterEach(async () => {
      engine.dispose();
      await emulator.close();
    });

    const endsWithOneDeploy = async () => {
      assert.equal(await engine.up(), undefined);
      assert.deepEqual(
        deploys().map(({ status }) => status),
        ["DEPLOYED"],
      );
      assert.equal(engine.resource?.id, deploys()[0]?.id);
      emulator.requests.splice(0);
      assert.equal(await engine.up(), undefined);
      assert.deepEqual(emulator.requests, []);
    };

    it("is deployed once, and nothing is asked for when nothing changed", endsWithOneDeploy);

    for (const [operation, phase] of moments) {
      it(`goes on after a kill -9 ${phase} ${operation} was processed`, async () => {
        if (operation === "GetDeploy") emulator.plan({ processingMs: 500 });
        await engine.killedUp(operation, phase);
        await endsWithOneDeploy();
      });
    }

    for (const operation of ["PutBlob", "FinalizeDeploy", "GetDeploy"] as const) {
      it(`is kept, and resumed, when ${operation} fails`, async () => {
        if (operation === "GetDeploy") emulator.plan({ processingMs: 500 });
        const heal = emulator.fail({ operation, how: { status: 400 } });
        const failed = await engine.up();
        assert.ok(failed instanceof InitFailed, String(failed));
        assert.match(failed.reasons.join(), /The next `pulumi up` resumes it\. \[[a-z-]+\]$/);
        heal();
        await endsWithOneDeploy();
      });
    }

    it("is replaced when it FAILED, with the reason that Astro gives", async () => {
      const heal = emulator.plan({ status: "FAILED", reason: "the pods do not start" });
      const failed = await engine.up();
      assert.match(String(failed), /FAILED: the pods do not start/);
      heal();
      assert.equal(await engine.up(), undefined);
      assert.deepEqual(
        deploys().map(({ status }) => status),
        ["FAILED", "DEPLOYED"],
      );
    });

    it("is told, and deployed again on request, when something else was deployed over it", async () => {
      assert.equal(await engine.up(), undefined);
      emulator.advance(2000);
      const other = emulator.foreignDeploy(deploymentId);
      assert.equal(await engine.refresh(), undefined);
      const { supersededBy } = engine.resource?.outputs ?? {};
      assert.equal((supersededBy as Properties | undefined)?.deployId, other.id);
      assert.equal(await engine.up(), undefined);
      assert.equal(deploys().length, 2);
      engine.args = { ...engine.args, redeployWhenSuperseded: true };
      assert.equal(await engine.up(), undefined);
      assert.equal(deploys().length, 3);
    });

    it("is forgotten in a refresh when Astro no longer has it, and not when a proxy says so", async () => {
      assert.equal(await engine.up(), undefined);
      const heal = emulator.fail({ operation: "GetDeploy", how: { html: 404 }, times: Infinity });
      assert.match(String(await engine.refresh()), /not a response of Astro's API/);
      heal();
      assert.ok(engine.resource);
      engine.resource.id = "cnotthere0000000000000000";
      assert.equal(await engine.refresh(), undefined);
      assert.equal(engine.resource, undefined);
    });

    it("is rolled back once", async () => {
      const first = emulator.foreignDeploy(deploymentId);
      emulator.advance(2000);
      assert.equal(await engine.up(), undefined);
      engine.args = { ...engine.args, rollbackTo: first.id };
      assert.equal(await engine.up(), undefined);
      assert.equal(deploys().at(-1)?.rollbackFromId, first.id);
      assert.equal(await engine.up(), undefined);
      assert.equal(deploys().length, 3);
    });

    it("removes its bundle when it is destroyed, if that is asked for", async () => {
      engine.args = {
        ...{ deploymentId, type: "BUNDLE", bundle: "./dags", bundleType: "dags" },
        ...{ bundleMountPath: "/usr/local/airflow/include/shop", removeBundleOnDelete: true },
      };
      assert.equal(await engine.up(), undefined);
      assert.equal(await engine.destroy(), undefined);
      assert.equal(deploys().length, 2);
      assert.equal(deploys().at(-1)?.bundleTarballVersion ?? "", "");
    });

    it("names no token and no signature, in the state or in what is said", async () => {
      const heal = emulator.fail({ operation: "PutBlob", how: { status: 400 } });
      await engine.up();
      const begun = JSON.stringify(engine.resource);
      heal();
      await engine.up();
      await engine.refresh();
      assertNowhere(
        [emulator.env.ASTRO_API_TOKEN ?? "", ...emulator.signatures],
        [
          ["the state of a deploy that was begun", begun],
          ["the state", JSON.stringify(engine.resource)],
          ["what was said", engine.said.join("\n")],
        ],
      );
    });

    it("refuses bad input before anything is sent, by name and without its value", async () => {
      const host = await ProviderHost.start({ host: kind, files, env: emulator.env });
      try {
        const stub = kind === "dynamic" && { __provider: serializedStub() };
        for (const [what, bad] of Object.entries(badInputs)) {
          const { failures } = await host.check({}, { ...engine.args, ...stub, ...bad });
          const [name = ""] = Object.keys(bad);
          assert.ok(failures.length > 0, what);
          assert.deepEqual([...new Set(failures.map(({ property }) => property))], [""], what);
          assert.match(failures[0]?.reason ?? "", new RegExp(`^${name}\\b`), what);
          assertNowhere(["VERYSECRET"], [[what, JSON.stringify(failures)]]);
        }
      } finally {
        await host.stop();
      }
      assert.deepEqual(emulator.requests, []);
    });
  });
}
