import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { AstroDeploy } from "../../provider";

/** What the SDK asks the engine to register: the part of a resource that is made in the program. */
interface Registered {
  name: string;
  type: string;
  id?: string | undefined;
  inputs: Record<string, unknown>;
}

describe("the resource, as the program makes it", () => {
  const registered: Registered[] = [];

  before(async () => {
    await pulumi.runtime.setMocks({
      newResource: ({ name, type, id, inputs }) => {
        registered.push({ name, type, id, inputs: inputs as Record<string, unknown> });
        return { id: id ?? `${name}-id`, state: { ...inputs, status: "DEPLOYED" } as object };
      },
      call: () => ({}),
    });
  });
  beforeEach(() => {
    registered.length = 0;
  });

  const valueOf = <T>(output: pulumi.Output<T>) =>
    new Promise<T>((resolve) =>
      output.apply((value) => {
        resolve(value);
      }),
    );

  it("has a type of its own, and sends what it was given and the stub", async () => {
    const etl = new AstroDeploy("etl", { deploymentId: "dep", type: "DAG_ONLY" });
    assert.equal(await valueOf(etl.status), "DEPLOYED");
    const [sent] = registered;
    assert.equal(sent?.type, "pulumi-nodejs:dynamic/astro:AstroDeploy");
    const { __provider, ...inputs } = sent.inputs;
    assert.match(String(__provider), /pulumi-astro-deploy\/runtime/);
    assert.deepEqual(inputs, { deploymentId: "dep", type: "DAG_ONLY" });
  });

  it("leaves the arguments as they are, so that two resources can share them", async () => {
    const args = { deploymentId: "dep", type: "DAG_ONLY" } as const;
    const both = [new AstroDeploy("one", args), new AstroDeploy("two", args)];
    await Promise.all(both.map(({ status }) => valueOf(status)));
    assert.deepEqual(args, { deploymentId: "dep", type: "DAG_ONLY" });
  });

  it("has every documented output", () => {
    const etl = new AstroDeploy("outputs", { deploymentId: "dep", type: "DAG_ONLY" });
    const names = [
      ...["organizationId", "deploymentId", "status", "statusReason", "type", "description"],
      ...["createdAt", "createdBySubject", "updatedAt", "updatedBySubject", "imageRepository"],
      ...["imageTag", "isDagDeployEnabled", "airflowVersion", "astroRuntimeVersion"],
      ...["dagTarballVersion", "dagsUploadUrl", "bundleMountPath", "bundleUploadUrl", "bundles"],
      ...["bundleType", "git", "rollbackFromId", "dagsDigest", "bundleDigest", "imageDigest"],
      ...["supersededBy", "id", "urn"],
    ];
    for (const name of names)
      assert.ok(pulumi.Output.isInstance((etl as unknown as Record<string, unknown>)[name]), name);
  });

  it("is read, and not made, by get", async () => {
    const found = AstroDeploy.get("found", "some-deploy", { deploymentId: "dep" });
    assert.equal(await valueOf(found.id), "some-deploy");
    assert.equal(registered[0]?.id, "some-deploy");
  });

  it("cannot be imported, and says what to do instead", () => {
    assert.throws(
      () =>
        new AstroDeploy(
          "etl",
          { deploymentId: "dep", type: "DAG_ONLY" },
          { import: "some-deploy" },
        ),
      /etl: a dynamic resource cannot be imported\. Look the deploy up with AstroDeploy\.get/,
    );
  });
});
