import assert from "node:assert/strict";
import { deployEtl } from "./etl";
import { declared, mockAstro, valueOf } from "./mocks";

describe("the program, under mocha", () => {
  beforeEach(mockAstro);

  it("deploys its DAGs to the Deployment of the name", async () => {
    const { status } = deployEtl("prod-etl");
    assert.equal(await valueOf(status), "DEPLOYED");
    assert.equal(declared.length, 1);
    const [etl] = declared;
    assert.equal(etl?.type, "pulumi-nodejs:dynamic/astro:AstroDeploy");
    const { deploymentId, type, dags } = etl.inputs as Record<string, unknown>;
    assert.deepEqual(
      { deploymentId, type, dags },
      { deploymentId: "id-of-prod-etl", type: "DAG_ONLY", dags: "./dags" },
    );
  });
});
