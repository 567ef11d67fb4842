import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { startEmulator, type Emulator } from "../../emulator";
import { root, Stack } from "../helpers/engine";

const examples = join(root, "examples");

/** What each example needs to be told, and what it ends with. */
const expected: Record<string, { config?: string; deploys?: number; ships: string[] }> = {
  quickstart: { ships: ["dags/.airflowignore", "dags/heartbeat.py", "dags/orders.py"] },
  javascript: { ships: ["dags/heartbeat.py"] },
  "generated-dags": {
    ships: [
      "dags/config/warehouse.json",
      "dags/heartbeat.py",
      "dags/load_orders.py",
      "dags/load_users.py",
    ],
  },
  "dbt-bundle": { ships: ["dbt_project.yml", "models/orders.sql"] },
  "upload-yourself": { ships: [] },
  "many-deployments": { config: "deploymentIds", deploys: 3, ships: ["dags/heartbeat.py"] },
};

/** Have tests of their own, since they need other hosts. */
const elsewhere = ["go", "python", "yaml"];

describe("the examples, through the real engine", () => {
  let emulator: Emulator;

  before(async () => {
    emulator = await startEmulator({ deployments: [{}, {}, {}] });
  });
  after(() => emulator.close());

  it("are all here", () => {
    assert.deepEqual(
      readdirSync(examples).sort(),
      Object.keys(expected).concat("automation", "testing", elsewhere).sort(),
    );
  });

  for (const [name, { config = "deploymentId", deploys = 1, ships }] of Object.entries(expected)) {
    it(`${name}: pulumi up in its folder ships its own files, and the second time nothing`, async () => {
      // As in a clone, where the root has a project as well.
      const stack = await Stack.create({
        files: {},
        main: "examples/quickstart/index.ts",
        packages: ["typescript", "@types/node"],
        env: emulator.env,
      });
      const folder = `examples/${name}`;
      const here = `--cwd=${stack.path(folder)}`;
      try {
        stack.copyCommitted("examples", "examples");
        for (const file of ["Pulumi.yaml", "package.json", "README.md"]) {
          assert.ok(existsSync(stack.path(folder, file)), `${name} has no ${file}`);
        }
        await stack.must("stack", "init", "dev", here);
        const ids = emulator.deployments.map(({ id }) => id);
        const places =
          config === "deploymentIds" ? ids.map((_, i) => `deploymentIds[${i}]`) : [config];
        for (const [index, place] of places.entries()) {
          await stack.must("config", "set", "--path", place, ids[index] ?? "", here);
        }
        const all = () => ids.flatMap((id) => emulator.deploys(id));
        const before = new Set(all());

        const run = await stack.up(here);
        assert.equal(run.code, 0, run.all);
        const made = () => all().filter((deploy) => !before.has(deploy));
        assert.equal(made().length, deploys);
        for (const { type, dagTarballVersion, bundleTarballVersion } of made()) {
          const version = type === "BUNDLE" ? bundleTarballVersion : dagTarballVersion;
          const members = ships.length > 0 ? await emulator.members(version ?? "") : [];
          assert.deepEqual(members.map((member) => member.name).sort(), ships);
        }
        const again = await stack.up(here);
        assert.deepEqual(new Set(Object.values(again.steps)), new Set(["same"]));
        assert.equal(made().length, deploys);
      } finally {
        stack.dispose();
      }
    });
  }
});
