import assert from "node:assert/strict";
import type { DeploymentSeed, EmulatorOptions } from "../../emulator";
import { Api, apiVersions, dagsArchive, emulators, upload } from "./emulatorSetup";

const hourMs = 3_600_000;
const hibernating: DeploymentSeed = { status: "HIBERNATING", isDevelopmentMode: true };

describe("emulator: a Deployment's status", () => {
  const start = emulators();

  for (const apiVersion of apiVersions) {
    const setUp = async (deployment: DeploymentSeed, options: EmulatorOptions = {}) => {
      const emulator = await start({ deployments: [deployment], ...options });
      const api = new Api(emulator, apiVersion);
      const path = `/${api.deploymentId}/hibernation-override`;
      return {
        emulator,
        api,
        override: (body: object) => api.post(path, body),
        end: () => api.send("DELETE", api.deployments + path),
        status: async () => (await api.get(`/${api.deploymentId}`)).body.status,
      };
    };
    const inAnHour = () => new Date(Date.now() + hourMs).toISOString();

    describe(apiVersion, () => {
      it("is HEALTHY once it has woken up, until the override is ended", async () => {
        const { emulator, api, override, end, status } = await setUp(hibernating, {
          wakingMs: hourMs,
          behaviour: { hibernating: "refuse" },
        });
        assert.equal((await override({ isHibernating: false })).status, 200);
        assert.equal(await status(), "HIBERNATING");
        assert.equal((await api.create({ type: "DAG_ONLY" })).status, 400);
        emulator.advance(hourMs);
        assert.equal(await status(), "HEALTHY");
        assert.equal((await api.create({ type: "DAG_ONLY" })).status, 200);
        assert.equal((await end()).status, 204);
        assert.equal(await status(), "HIBERNATING");
      });

      it("is HIBERNATING again when the time of the override is over", async () => {
        const { emulator, override, status } = await setUp(hibernating, { wakingMs: 0 });
        await override({ isHibernating: false, overrideUntil: inAnHour() });
        assert.equal(await status(), "HEALTHY");
        emulator.advance(hourMs);
        assert.equal(await status(), "HIBERNATING");
        const { scalingSpec } = emulator.deployments[0] ?? {};
        assert.equal(scalingSpec?.hibernationSpec.override?.isActive, false);
      });

      it("follows the last override, and what was before the first when that is ended", async () => {
        const { override, end, status } = await setUp({}, { wakingMs: 0 });
        await override({ isHibernating: true });
        assert.equal(await status(), "HIBERNATING");
        await override({ isHibernating: false });
        assert.equal(await status(), "HEALTHY");
        await end();
        assert.equal(await status(), "HEALTHY");
        assert.equal((await end()).status, 204);
      });

      const ship = async (api: Api) => {
        const { id, dagsUploadUrl } = (await api.create({ type: "DAG_ONLY" })).body;
        const dagTarballVersion = await upload(dagsUploadUrl, await dagsArchive());
        await api.finalize(id, { dagTarballVersion });
        return { id, dagTarballVersion };
      };

      it("is DEPLOYING until a deploy that takes its time is rolled out", async () => {
        const { emulator, api, status } = await setUp({}, { processingMs: 0 });
        emulator.plan({ rolloutMs: hourMs });
        const { id, dagTarballVersion } = await ship(api);
        assert.equal((await api.deploy(id)).body.status, "DEPLOYED");
        const { body } = await api.get(`/${api.deploymentId}`);
        assert.deepEqual(
          [body.status, body.dagTarballVersion, body.desiredDagTarballVersion],
          ["DEPLOYING", undefined, dagTarballVersion],
        );
        emulator.advance(hourMs);
        assert.equal(await status(), "HEALTHY");
        assert.equal(emulator.deployments[0]?.dagTarballVersion, dagTarballVersion);
      });

      it("is UNHEALTHY after a deploy if that is planned, and says why", async () => {
        const { emulator, api } = await setUp({}, { processingMs: 0 });
        emulator.plan({ unhealthy: "no room" });
        const { id } = await ship(api);
        assert.equal((await api.deploy(id)).body.status, "DEPLOYED");
        const { body } = await api.get(`/${api.deploymentId}`);
        assert.deepEqual([body.status, body.statusReason], ["UNHEALTHY", "no room"]);
      });

      it("is CREATING for a time", async () => {
        const { emulator, api, status } = await setUp(
          { status: "CREATING" },
          { creatingMs: hourMs, behaviour: { creating: "refuse" } },
        );
        assert.equal(await status(), "CREATING");
        assert.equal((await api.create({ type: "DAG_ONLY" })).status, 400);
        emulator.advance(hourMs);
        assert.equal(await status(), "HEALTHY");
        assert.equal((await api.create({ type: "DAG_ONLY" })).status, 200);
      });
    });
  }
});
