import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startEmulator, type Emulator } from "../../emulator";
import { root, Stack } from "../helpers/engine";

const examples = join(root, "examples");

/** What each example needs to be told, and what it ends with. */
const expected: Record<string, { config: string[]; deploys: number }> = {
  quickstart: { config: ["deploymentId"], deploys: 1 },
  javascript: { config: ["deploymentId"], deploys: 1 },
  "dbt-bundle": { config: ["deploymentId"], deploys: 1 },
  "upload-yourself": { config: ["deploymentId"], deploys: 1 },
  "many-deployments": { config: ["deploymentIds"], deploys: 3 },
};

describe("the examples, through the real engine", () => {
  let emulator: Emulator;

  before(async () => {
    emulator = await startEmulator({ deployments: [{}, {}, {}] });
  });
  after(() => emulator.close());

  it("are all here", () => {
    assert.deepEqual(
      readdirSync(examples).sort(),
      Object.keys(expected).concat("automation").sort(),
    );
  });

  for (const [name, { config, deploys }] of Object.entries(expected)) {
    it(`${name} deploys, and the second time there is nothing to do`, async () => {
      const main =
        readdirSync(join(examples, name)).find((file) => /^index\.(ts|js)$/.test(file)) ?? "";
      const stack = await Stack.create({
        files: {},
        main,
        packages: ["typescript", "@types/node"],
        env: emulator.env,
      });
      try {
        stack.copy(join(examples, name), ".");
        const ids = emulator.deployments.map(({ id }) => id);
        const values: Record<string, string> = {
          deploymentId: ids[0] ?? "",
          deploymentIds: JSON.stringify(ids),
        };
        for (const key of config) await stack.config(key, values[key]);
        const count = () => ids.flatMap((id) => emulator.deploys(id)).length;
        const before = count();

        const run = await stack.up();
        assert.equal(run.code, 0, run.all);
        assert.equal(count() - before, deploys);
        const again = await stack.up();
        assert.deepEqual(new Set(Object.values(again.steps)), new Set(["same"]));
        assert.equal(count() - before, deploys);
      } finally {
        stack.dispose();
      }
    });
  }
});

describe("the README", () => {
  it("shows the quickstart as it is in examples/", () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const program = readFileSync(join(examples, "quickstart", "index.ts"), "utf8");
    assert.ok(readme.includes(`\`\`\`ts\n${program}\`\`\``));
  });
});
