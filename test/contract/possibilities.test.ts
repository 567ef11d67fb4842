import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmulator, type Behaviour } from "../../emulator";
import { FakeEngine } from "../helpers/lifecycle";

/** Each way in which the service may behave where its documents leave that open. */
const possibilities: Partial<Behaviour>[] = [
  {},
  { listOrder: "oldestFirst" },
  { listOrder: "scattered" },
  { finalizeTwice: "accept" },
  { statusReason: true },
  { bundleDeployType: "BUNDLE" },
  { bundleDeployType: "IMAGE_AND_DAG" },
  { bundleDeployType: "IMAGE_ONLY" },
  { retryAfter: "seconds" },
  { retryAfter: "date" },
  { rateLimitBody: "json" },
  { concurrentDeploys: "refuse" },
  { uploadUrls: "freshEverywhere" },
  { uploadUrls: "createOnly" },
  { unknownVersion: "fail" },
  { imageTagResolution: "minute" },
  { optionalFields: "absent" },
  { unfinishedVersion: "hidden" },
  { timestamps: "milliseconds" },
];

const bundleMountPath = "/usr/local/airflow/dbt/shop";

describe("whatever the service does where its documents are silent", () => {
  let home: string;
  before(() => {
    home = mkdtempSync(join(tmpdir(), "astro-possibilities-"));
    mkdirSync(join(home, "shop"));
    writeFileSync(join(home, "shop", "dbt_project.yml"), "name: shop\n");
  });
  after(() => {
    rmSync(home, { recursive: true });
  });

  const kinds = {
    DAGs: { type: "DAG_ONLY", dags: "shop" },
    "a bundle": { type: "BUNDLE", bundle: "shop", bundleType: "dbt", bundleMountPath },
  } as const;
  for (const [kind, { type, ...args }] of Object.entries(kinds)) {
    for (const behaviour of possibilities) {
      it(`ships ${kind} once, and sees what came after: ${JSON.stringify(behaviour)}`, async () => {
        const emulator = await startEmulator({ behaviour });
        try {
          const source =
            "dags" in args
              ? { dags: join(home, args.dags) }
              : { ...args, bundle: join(home, args.bundle) };
          const stage = new FakeEngine(
            emulator,
            { type, ...source },
            { token: emulator.token, home },
          );
          emulator.fail({ operation: "CreateDeploy", how: "reset", when: "after" });
          emulator.fail({ operation: "FinalizeDeploy", how: "reset", when: "after" });
          let error = await stage.up();
          // What cannot be told is told, and made good.
          for (let ups = 0; error && ups < 3; ups++) error = await stage.up();
          assert.equal(error, undefined);
          const deployed = () => stage.deploys().filter(({ status }) => status === "DEPLOYED");
          assert.equal(deployed().length, 1);
          const seen = () => {
            assert.ok(stage.resource);
            return stage.resource.outputs;
          };
          await stage.refresh();
          const { status, supersededBy } = seen();
          assert.deepEqual([status, supersededBy ?? undefined], ["DEPLOYED", undefined]);

          emulator.advance(2000);
          const other = emulator.foreignDeploy(stage.deploymentId, {
            type,
            ...(type === "BUNDLE" && { bundleMountPath }),
          });
          await stage.refresh();
          assert.equal(seen().supersededBy?.deployId, other.id);
        } finally {
          await emulator.close();
        }
      });
    }
  }
});
