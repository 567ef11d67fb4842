import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
  AstroDeploy,
  getDeploy,
  getDeployOutput,
  getDeployment,
  getDeploymentOutput,
  getDeploys,
  getDeploysOutput,
  getNewestDeploy,
  getNewestDeployOutput,
  type AstroDeployArgs,
} from "../../provider";

/** What the SDK asks the engine to register: the part of a resource that is made in the program. */
interface Registered {
  name: string;
  type: string;
  id?: string | undefined;
  inputs: Record<string, unknown>;
}

describe("the resource, as the program makes it", () => {
  const registered: Registered[] = [];
  const called: [token: string, inputs: unknown][] = [];
  let answers: Record<string, object> = {};

  before(async () => {
    await pulumi.runtime.setMocks({
      newResource: ({ name, type, id, inputs }) => {
        registered.push({ name, type, id, inputs: inputs as Record<string, unknown> });
        return { id: id ?? `${name}-id`, state: { ...inputs, status: "DEPLOYED" } as object };
      },
      call: ({ token, inputs }) => {
        called.push([token, inputs]);
        return answers[token] ?? {};
      },
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
    const { __provider, __declaration, ...inputs } = sent.inputs;
    // The mocks make the whole of it a secret, since the folder in it is one.
    const { value } = __declaration as { value: Record<string, unknown> };
    const { name, folder, isUndefined } = value;
    assert.deepEqual([name, folder, isUndefined], ["etl", process.cwd(), {}]);
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
      ...["supersededBy", "webServerUrl", "deployId", "id", "urn"],
    ];
    for (const name of names)
      assert.ok(pulumi.Output.isInstance((etl as unknown as Record<string, unknown>)[name]), name);
  });

  it("is read, and not made, by get", async () => {
    const found = AstroDeploy.get("found", "some-deploy", { deploymentId: "dep" });
    assert.equal(await valueOf(found.deployId), "some-deploy");
    assert.equal(await valueOf(found.id), "some-deploy");
    assert.equal(registered[0]?.id, "some-deploy");
    // What is read is not checked, and the state has all of it.
    assert.equal(Object.hasOwn(registered[0].inputs, "__declaration"), false);
  });

  describe("its look-ups, under a test's mocks", () => {
    const deploymentId = "dep";
    const deploy = { id: "d1", status: "DEPLOYED", dagsUploadUrl: "https://signed" };
    const info = { id: "d1", status: "DEPLOYED" };
    beforeEach(() => {
      called.length = 0;
      answers = {};
    });

    it("ask the mocks and never Astro", async () => {
      answers = {
        "astro:index:getDeploy": deploy,
        "astro:index:getDeploys": { deploys: [deploy, deploy] },
        "astro:index:getNewestDeploy": deploy,
      };
      assert.deepEqual(await getDeploy({ deploymentId, deployId: "d1" }), info);
      assert.deepEqual(await getDeploys({ deploymentId, limit: 2 }), [info, info]);
      assert.deepEqual(await getNewestDeploy({ deploymentId }), info);
      const later = { deploymentId: pulumi.output(deploymentId) };
      assert.deepEqual(await valueOf(getDeployOutput({ ...later, deployId: "d1" })), info);
      assert.deepEqual(await valueOf(getDeploysOutput(later)), [info, info]);
      assert.deepEqual(await valueOf(getNewestDeployOutput(later)), info);
      assert.deepEqual(called, [
        ["astro:index:getDeploy", { deploymentId, deployId: "d1" }],
        ["astro:index:getDeploys", { deploymentId, limit: 2 }],
        ["astro:index:getNewestDeploy", { deploymentId }],
        ["astro:index:getDeploy", { deploymentId, deployId: "d1" }],
        ["astro:index:getDeploys", { deploymentId }],
        ["astro:index:getNewestDeploy", { deploymentId }],
      ]);
    });

    it("ask the mocks for a Deployment, too", async () => {
      const deployment = { id: "dep", name: "etl", status: "HEALTHY" };
      answers = { "astro:index:getDeployment": deployment };
      assert.deepEqual(await getDeployment({ name: "etl" }), deployment);
      const later = getDeploymentOutput({ name: pulumi.output("etl"), workspaceId: "w" });
      assert.deepEqual(await valueOf(later), deployment);
      assert.deepEqual(called, [
        ["astro:index:getDeployment", { name: "etl" }],
        ["astro:index:getDeployment", { name: "etl", workspaceId: "w" }],
      ]);
    });

    it("find nothing where the mocks have nothing", async () => {
      assert.deepEqual(await getDeploys({ deploymentId }), []);
      assert.equal(await getNewestDeploy({ deploymentId }), undefined);
    });
  });

  for (const args of [undefined, null, "dep"]) {
    it(`needs arguments, which ${String(args)} is not`, () => {
      assert.throws(
        () => new AstroDeploy("etl", args as unknown as AstroDeployArgs),
        (error) =>
          pulumi.RunError.isInstance(error) &&
          /^etl: the arguments are missing: a resource takes .* \[missing-input\]$/.test(
            error.message,
          ),
      );
    });
  }

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
