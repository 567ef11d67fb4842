import { beforeEach, describe, expect, it } from "@jest/globals";
import { deployEtl } from "./etl";
import { declared, mockAstro, valueOf } from "./mocks";

describe("the program, under jest", () => {
  beforeEach(mockAstro);

  it("deploys its DAGs to the Deployment of the name", async () => {
    const { status } = deployEtl("prod-etl");
    expect(await valueOf(status)).toBe("DEPLOYED");
    expect(declared).toMatchObject([
      {
        type: "pulumi-nodejs:dynamic/astro:AstroDeploy",
        inputs: { deploymentId: "id-of-prod-etl", type: "DAG_ONLY", dags: "./dags" },
      },
    ]);
  });
});
