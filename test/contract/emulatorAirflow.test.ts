import assert from "node:assert/strict";
import type { Emulator, EmulatorOptions } from "../../emulator";
import { Api, emulators, firstDeployment, tar } from "./emulatorSetup";

interface Rows {
  import_errors: Record<string, unknown>[];
  dags: Record<string, unknown>[];
  total_entries: number;
}

const generations = {
  v1: { astroRuntimeVersion: "12.1.0", path: "/usr/local/airflow/dags/a.py" },
  v2: { astroRuntimeVersion: "3.0-1", path: "a.py" },
} as const;

describe("emulator: Airflow's REST API", () => {
  const start = emulators();
  const parseIntervalMs = 1000;

  /** An emulator with a Deployment that runs these files, and its Airflow. */
  async function deployed(
    { astroRuntimeVersion }: { astroRuntimeVersion: string },
    names: string[],
    options: EmulatorOptions = {},
  ) {
    const deployments = [{ astroRuntimeVersion }];
    const emulator = await start({ deployments, parseIntervalMs, processingMs: 0, ...options });
    const api = new Api(emulator);
    await api.ship(await tar(Object.fromEntries(names.map((name) => [`dags/${name}`, ""]))));
    emulator.advance(2 * parseIntervalMs);
    const answer = await api.get(`/${api.deploymentId}`);
    const { webServerAirflowApiUrl } = JSON.parse(answer.text) as Record<string, string>;
    return { emulator, url: webServerAirflowApiUrl ?? "" };
  }

  const get = (url: string, token: string | undefined) =>
    fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
  const rows = async ({ token }: Emulator, url: string) =>
    (await (await get(url, token)).json()) as Rows;

  for (const [generation, { astroRuntimeVersion, path }] of Object.entries(generations)) {
    it(`${generation} is where the Deployment says, and stamps every row anew at each parse`, async () => {
      const { emulator, url } = await deployed({ astroRuntimeVersion }, ["a.py", "b.py", "c.sql"]);
      assert.ok(url.endsWith(`/api/${generation}`), url);
      const undo = emulator.failImport({ file: "a.py", trace: "KeyError: 'a'" });

      const { import_errors: errors, total_entries: count } = await rows(
        emulator,
        `${url}/importErrors`,
      );
      assert.equal(count, 1);
      assert.equal(errors[0]?.filename, path);
      assert.equal(errors[0].stack_trace, "KeyError: 'a'");
      const { dags } = await rows(emulator, `${url}/dags`);
      assert.deepEqual(
        dags.map(({ dag_id }) => dag_id),
        ["b"],
      );

      emulator.advance(parseIntervalMs);
      const later = await rows(emulator, `${url}/importErrors`);
      assert.ok(String(later.import_errors[0]?.timestamp) > String(errors[0].timestamp));
      undo();
      assert.equal((await rows(emulator, `${url}/importErrors`)).total_entries, 0);
      assert.equal((await rows(emulator, `${url}/dags`)).total_entries, 2);
    });

    it(`${generation} refuses unknown tokens, those of other Deployments, and what it is not`, async () => {
      const { emulator, url } = await deployed({ astroRuntimeVersion }, ["a.py"]);
      const elsewhere = emulator.addToken({ deployments: ["another"] });
      const one = emulator.addToken({ deployments: [firstDeployment(emulator).id] });
      const other = url.replace(/v\d$/, generation === "v1" ? "v2" : "v1");
      const statuses = [
        await get(`${url}/dags`, undefined),
        await get(`${url}/dags`, elsewhere),
        await get(`${url}/dags`, one),
        await get(`${url}/pools`, one),
        await get(`${other}/dags`, one),
      ].map(({ status }) => status);
      assert.deepEqual(statuses, [401, 403, 200, 404, 404]);
    });

    it(`${generation} has pages`, async () => {
      const names = Array.from({ length: 130 }, (_, at) => `${at}.py`);
      const { emulator, url } = await deployed({ astroRuntimeVersion }, names);
      const sizes = [];
      for (const query of ["", "?limit=500", "?limit=100&offset=100"]) {
        const { dags, total_entries: count } = await rows(emulator, `${url}/dags${query}`);
        assert.equal(count, 130);
        sizes.push(dags.length);
      }
      assert.deepEqual(sizes, [generation === "v1" ? 100 : 50, 100, 30]);
    });
  }

  it("has what the Deployment ran when the files were last parsed", async () => {
    // Some thirty years: none begins while the test runs.
    const parseIntervalMs = 1e12;
    const { emulator, url } = await deployed(generations.v2, ["a.py"], {
      parseIntervalMs,
    });
    assert.equal((await rows(emulator, `${url}/dags`)).total_entries, 0);
    emulator.advance(parseIntervalMs);
    assert.equal((await rows(emulator, `${url}/dags`)).total_entries, 1);
  });
});
