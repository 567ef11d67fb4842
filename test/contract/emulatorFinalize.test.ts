import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import {
  Api,
  dagsArchive,
  emulators,
  firstDeployment,
  apiVersions,
  tar,
  upload,
} from "./emulatorSetup";

const bundle = {
  type: "BUNDLE",
  bundleType: "dbt",
  bundleMountPath: "/usr/local/airflow/dbt/shop",
};

describe("emulator: finalize and what follows", () => {
  const start = emulators();

  for (const apiVersion of apiVersions) {
    it(`${apiVersion}: INITIALIZED until the processing is over, then DEPLOYED`, async () => {
      const emulator = await start({ processingMs: 60_000 });
      const api = new Api(emulator, apiVersion);
      const id = await api.ship(await dagsArchive());
      const { body: under } = await api.deploy(id);
      assert.equal(under.status, "INITIALIZED");
      const { body: busy } = await api.get(`/${api.deploymentId}`);
      assert.equal(busy.desiredDagTarballVersion, under.dagTarballVersion);
      assert.equal(busy.dagTarballVersion, undefined);

      emulator.advance(60_001);
      assert.equal((await api.deploy(id)).body.status, "DEPLOYED");
      const { body: done } = await api.get(`/${api.deploymentId}`);
      assert.equal(done.dagTarballVersion, under.dagTarballVersion);
      assert.match(done.dagTarballVersion, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/);
    });
  }

  it("answers DEPLOYED at once where processing takes no time", async () => {
    const api = new Api(await start({ processingMs: 0 }));
    const { body } = await api.create({ type: "IMAGE_ONLY" });
    assert.equal((await api.finalize(body.id)).body.status, "DEPLOYED");
  });

  it("needs the version that the type ships", async () => {
    const api = new Api(await start(), "v1");
    for (const [create, field] of [
      [{ type: "DAG_ONLY" }, "dagTarballVersion"],
      [{ type: "IMAGE_AND_DAG" }, "dagTarballVersion"],
      [bundle, "bundleTarballVersion"],
    ] as const) {
      const { body } = await api.create(create);
      const answer = await api.finalize(body.id);
      assert.equal(answer.status, 400);
      assert.equal(answer.body.fieldErrors[0]?.field, field);
      assert.equal((await api.deploy(body.id)).body.status, "INITIALIZED");
    }
    const { body } = await api.create({ type: "DAG_ONLY" });
    assert.equal((await api.finalize(body.id, { dagTarballVersion: "" })).status, 400);
    assert.equal((await api.finalize(body.id, { dagTarballVersion: 7 })).status, 400);
  });

  it("needs no version for IMAGE_ONLY, and takes an empty one", async () => {
    const api = new Api(await start({ processingMs: 0 }));
    for (const body of [{}, { dagTarballVersion: "" }]) {
      const { body: deploy } = await api.create({ type: "IMAGE_ONLY" });
      assert.equal((await api.finalize(deploy.id, body)).body.status, "DEPLOYED");
      assert.equal(firstDeployment(api.emulator).imageTag, deploy.imageTag);
    }
  });

  it("needs no version for IMAGE_AND_DAG where DAG deploys are off", async () => {
    const emulator = await start({
      deployments: [{ isDagDeployEnabled: false }],
      processingMs: 0,
    });
    const api = new Api(emulator);
    const { body } = await api.create({ type: "IMAGE_AND_DAG" });
    assert.equal((await api.finalize(body.id)).body.status, "DEPLOYED");
  });

  it("refuses IMAGE_ONLY without DAGs where it is told to", async () => {
    const emulator = await start({ behaviour: { imageOnlyWithoutDags: "refuse" } });
    const api = new Api(emulator);
    const { body } = await api.create({ type: "IMAGE_ONLY" });
    assert.equal((await api.finalize(body.id)).status, 400);
    emulator.foreignDeploy(api.deploymentId);
    assert.equal((await api.finalize(body.id)).status, 200);
  });

  it("refuses a version of no upload, or fails the deploy, as it is told", async () => {
    const version = { dagTarballVersion: "2020-01-01T00:00:00.0000001Z" };
    const refusing = new Api(await start());
    const { body: first } = await refusing.create({ type: "DAG_ONLY" });
    assert.equal((await refusing.finalize(first.id, version)).status, 400);
    assert.equal((await refusing.deploy(first.id)).body.dagTarballVersion, undefined);

    const failing = new Api(
      await start({ behaviour: { unknownVersion: "fail" }, processingMs: 0 }),
    );
    const { body: second } = await failing.create({ type: "DAG_ONLY" });
    assert.equal((await failing.finalize(second.id, version)).body.status, "FAILED");
  });

  it("does not take the version of another Deployment's upload", async () => {
    const emulator = await start({ deployments: [{ id: "one" }, { id: "two" }] });
    const [one, two] = ["one", "two"].map((id) => new Api(emulator, "v1", emulator.token, id));
    assert.ok(one && two);
    const { body: first } = await one.create({ type: "DAG_ONLY" });
    const { body: second } = await two.create({ type: "DAG_ONLY" });
    const dagTarballVersion = await upload(first.dagsUploadUrl, await dagsArchive());
    assert.equal((await two.finalize(second.id, { dagTarballVersion })).status, 400);
    assert.equal((await one.finalize(first.id, { dagTarballVersion })).status, 200);
  });

  it("refuses a second finalize, or answers the deploy as it is, as told", async () => {
    const refusing = new Api(await start());
    const first = await refusing.ship(await dagsArchive());
    assert.equal((await refusing.finalize(first, {})).status, 400);

    const accepting = new Api(await start({ behaviour: { finalizeTwice: "accept" } }));
    const second = await accepting.ship(await dagsArchive());
    const { status, body } = await accepting.finalize(second, {});
    assert.equal(status, 200);
    assert.equal(body.id, second);
  });

  it("refuses a deploy next to one in progress where it is told to", async () => {
    const emulator = await start({
      behaviour: { concurrentDeploys: "refuse" },
      processingMs: 60_000,
    });
    const api = new Api(emulator);
    await api.ship(await dagsArchive());
    assert.equal((await api.create({ type: "DAG_ONLY" })).status, 400);
    emulator.advance(60_000);
    assert.equal((await api.create({ type: "DAG_ONLY" })).status, 200);
  });

  it("lets the deploy that finishes last win", async () => {
    const emulator = await start({ processingMs: 60_000 });
    const api = new Api(emulator);
    emulator.plan({ processingMs: 300_000 });
    const slow = await api.ship(await dagsArchive("slow"));
    await api.ship(await dagsArchive("fast"));
    emulator.advance(600_000);
    const deploy = (await api.deploy(slow)).body;
    assert.equal(firstDeployment(emulator).dagTarballVersion, deploy.dagTarballVersion);
  });

  it("fails deploys that are never finalized, where they expire", async () => {
    const emulator = await start({ behaviour: { initializedExpiryMs: 5000 } });
    const api = new Api(emulator);
    const { body } = await api.create({ type: "IMAGE_ONLY" });
    emulator.advance(5000);
    assert.equal((await api.deploy(body.id)).body.status, "FAILED");
    assert.equal((await api.finalize(body.id)).status, 400);
  });

  describe("what was uploaded", () => {
    it("is unpacked, gzip or plain", async () => {
      const emulator = await start({ processingMs: 0 });
      const api = new Api(emulator);
      const plain = await tar({
        "dags/etl.py": { text: "x = 1\n", mode: 0o755 },
        "dags/link.py": { type: "symlink", linkname: "etl.py" },
      });
      for (const bytes of [plain, gzipSync(plain)]) {
        const id = await api.ship(bytes);
        const { body } = await api.deploy(id);
        assert.equal(body.status, "DEPLOYED");
        const members = await emulator.members(body.dagTarballVersion);
        assert.deepEqual(
          members.map(({ name, type, linkname, mode, size }) => ({
            name,
            type,
            linkname,
            mode,
            size,
          })),
          [
            { name: "dags/etl.py", type: "file", linkname: undefined, mode: 0o755, size: 6 },
            {
              name: "dags/link.py",
              type: "symlink",
              linkname: "etl.py",
              mode: members[1]?.mode,
              size: 0,
            },
          ],
        );
        let stored = 0;
        for await (const chunk of emulator.read(body.dagTarballVersion)) {
          stored += (chunk as Buffer).length;
        }
        assert.equal(stored, bytes.length);
      }
    });

    const unreadable: [string, () => Promise<Buffer>][] = [
      ["nothing", () => Promise.resolve(Buffer.alloc(0))],
      ["a text", () => Promise.resolve(Buffer.from("not a tar"))],
      ["a block of text", () => Promise.resolve(Buffer.alloc(1024, "text"))],
      ["a gzip of a text", () => Promise.resolve(gzipSync("not a tar"))],
      ["a gzip that was cut", async () => (await dagsArchive()).subarray(0, 60)],
      ["a tar that was cut", async () => (await tar({ a: "x".repeat(5000) })).subarray(0, 2048)],
    ];
    for (const [name, bytes] of unreadable) {
      it(`fails the deploy where it is ${name}`, async () => {
        const emulator = await start({ processingMs: 0, behaviour: { statusReason: true } });
        const api = new Api(emulator);
        const { body } = await api.deploy(await api.ship(await bytes()));
        assert.equal(body.status, "FAILED");
        assert.match(body.statusReason, /cannot be unpacked/);
        assert.equal(firstDeployment(emulator).dagTarballVersion, undefined);
        assert.equal(firstDeployment(emulator).desiredDagTarballVersion, undefined);
      });
    }
  });

  describe("an outcome that a test asks for", () => {
    it("fails the next deploy, with the reason only where the service tells one", async () => {
      for (const statusReason of [false, true]) {
        const emulator = await start({ processingMs: 0, behaviour: { statusReason } });
        emulator.plan({ status: "FAILED", reason: "the scheduler is ill" });
        const api = new Api(emulator);
        const { body } = await api.deploy(await api.ship(await dagsArchive()));
        assert.equal(body.status, "FAILED");
        assert.equal(body.statusReason, statusReason ? "the scheduler is ill" : undefined);
        const next = await api.deploy(await api.ship(await dagsArchive()));
        assert.equal(next.body.status, "DEPLOYED");
      }
    });

    it("keeps to its Deployment, and can be taken back", async () => {
      const emulator = await start({ processingMs: 0, deployments: [{ id: "a" }, { id: "b" }] });
      const takeBack = emulator.plan({ deploymentId: "b", status: "FAILED", times: 9 });
      const a = new Api(emulator, "v1", emulator.token, "a");
      const b = new Api(emulator, "v1", emulator.token, "b");
      const end = async (api: Api) =>
        (await api.deploy(await api.ship(await dagsArchive()))).body.status;
      assert.equal(await end(a), "DEPLOYED");
      assert.equal(await end(b), "FAILED");
      takeBack();
      assert.equal(await end(b), "DEPLOYED");
    });

    it("ends a deploy in any state", async () => {
      const emulator = await start({ processingMs: 60_000 });
      const api = new Api(emulator);
      const id = await api.ship(await dagsArchive());
      emulator.finish(id);
      assert.equal((await api.deploy(id)).body.status, "DEPLOYED");
      const { body } = await api.create({ type: "DAG_ONLY" });
      emulator.finish(id);
      assert.throws(() => {
        emulator.finish(id, { status: "FAILED" });
      }, /is DEPLOYED already/);
      emulator.finish(body.id, { status: "FAILED", reason: "given up" });
      assert.equal((await api.deploy(body.id)).body.status, "FAILED");
    });
  });

  describe("images", () => {
    it("are asked for in the registry that was given", async () => {
      const asked: string[] = [];
      const emulator = await start({
        registry: "localhost:5000",
        processingMs: 0,
        verifyImages: (repository, tag) => {
          asked.push(`${repository}:${tag}`);
          return asked.length > 1;
        },
      });
      const api = new Api(emulator);
      for (const status of ["FAILED", "DEPLOYED"]) {
        const { body } = await api.create({ type: "IMAGE_ONLY" });
        assert.equal((await api.finalize(body.id)).body.status, status);
        assert.equal(asked.at(-1), `${body.imageRepository}:${body.imageTag}`);
        assert.ok(body.imageRepository.startsWith(`localhost:5000/${emulator.organizationId}/`));
      }
    });

    it("that cannot be asked for fail their deploy", async () => {
      const emulator = await start({
        processingMs: 0,
        behaviour: { statusReason: true },
        verifyImages: () => Promise.reject(new Error("the registry is off")),
      });
      const api = new Api(emulator);
      const { body } = await api.create({ type: "IMAGE_ONLY" });
      const { status, statusReason } = (await api.finalize(body.id)).body;
      assert.equal(status, "FAILED");
      assert.match(statusReason, /^It is not known .*: the registry is off$/);
    });

    it("set the Deployment DEPLOYING, then HEALTHY", async () => {
      const emulator = await start({ processingMs: 60_000 });
      const api = new Api(emulator);
      const { body } = await api.create({ type: "IMAGE_ONLY" });
      await api.finalize(body.id);
      assert.equal(firstDeployment(emulator).status, "DEPLOYING");
      emulator.advance(60_000);
      assert.equal(firstDeployment(emulator).status, "HEALTHY");
      assert.equal(firstDeployment(emulator).imageTag, body.imageTag);
    });

    it("share a tag within a minute where tags are that coarse", async () => {
      const emulator = await start({ behaviour: { imageTagResolution: "minute" } });
      const { body } = await new Api(emulator).create({ type: "IMAGE_ONLY" });
      assert.match(body.imageTag, /^deploy-\d{4}-\d\d-\d\dT\d\d-\d\d$/);
    });
  });

  describe("bundles", () => {
    it("are mounted, replaced and removed", async () => {
      const emulator = await start({ processingMs: 60_000 });
      const api = new Api(emulator);
      const first = await api.ship(await dagsArchive(), bundle);
      const [coming] = firstDeployment(emulator).bundles;
      assert.equal(coming?.currentVersion, undefined);
      assert.ok(coming?.desiredVersion);
      emulator.advance(60_000);
      const { body: deploy } = await api.deploy(first);
      assert.deepEqual(deploy.bundles, [
        {
          bundleType: "dbt",
          mountPath: bundle.bundleMountPath,
          deployId: first,
          currentVersion: coming.desiredVersion,
          desiredVersion: coming.desiredVersion,
        },
      ]);

      const other = { ...bundle, bundleMountPath: "/usr/local/airflow/dbt/other" };
      await api.ship(await dagsArchive(), other);
      const second = await api.ship(await dagsArchive("new"), bundle);
      emulator.advance(60_000);
      const mounts = firstDeployment(emulator).bundles;
      assert.deepEqual(mounts.map(({ mountPath }) => mountPath).sort(), [
        other.bundleMountPath,
        bundle.bundleMountPath,
      ]);
      assert.equal(
        mounts.find(({ mountPath }) => mountPath === bundle.bundleMountPath)?.deployId,
        second,
      );

      const { body: removal } = await api.create(bundle);
      assert.equal((await api.finalize(removal.id, { bundleTarballVersion: "" })).status, 200);
      emulator.advance(60_000);
      assert.deepEqual(
        firstDeployment(emulator).bundles.map(({ mountPath }) => mountPath),
        [other.bundleMountPath],
      );
    });

    it("stay as they were when a deploy of theirs fails", async () => {
      const emulator = await start({ processingMs: 0 });
      const api = new Api(emulator);
      await api.ship(await dagsArchive(), bundle);
      const before = structuredClone(firstDeployment(emulator).bundles);
      await api.ship(Buffer.from("no archive"), bundle);
      await api.ship(Buffer.from("no archive"), { ...bundle, bundleMountPath: "/opt/other" });
      assert.deepEqual(firstDeployment(emulator).bundles, before);
    });

    it("are answered with the type that is configured", async () => {
      for (const bundleDeployType of ["BUNDLE", "IMAGE_AND_DAG", "DAG_ONLY"] as const) {
        const api = new Api(await start({ behaviour: { bundleDeployType } }));
        assert.equal((await api.create(bundle)).body.type, bundleDeployType);
      }
    });
  });
});
