import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { program } from "../helpers/declared";
import { root, type Run } from "../helpers/engine";
import { registryObstacle } from "../helpers/imageTools";
import { packed, Release } from "../helpers/releases";
import { deployAll, type Deployed } from "../helpers/states";

const present = { name: "the present version", folder: root };

/** What the stack of `deployAll` has no data for: functions of the package, and their own values. */
const more = `
const { gitFromCheckout } = require("pulumi-astro-deploy");
const deploymentId = require("./declared.json").etl.deploymentId;
const add = (name, args) => new AstroDeploy(name, { deploymentId, type: "DAG_ONLY", ...args });
add("tracked", { dags: "./tracked", git: gitFromCheckout("./tracked") });
add("silent", { description: "" });
`;

describe("colleagues with another version of this package on the same stack", () => {
  for (const name of packed()) {
    describe(name, function () {
      let release: Release;

      before(function () {
        release = new Release(name);
        const obstacle = registryObstacle();
        if (obstacle !== undefined) console.log(`      without images: ${obstacle}`);
      });
      after(() => {
        release.dispose();
      });

      for (const [title, isUpgrade] of [
        ["goes on with what the present version deployed", false],
        ["has the present version go on with what it deployed", true],
      ] as const) {
        it(`${title}, and back, and neither deploys anything by itself`, async () => {
          const earlier = { name, folder: release.folder };
          const [first, second] = isUpgrade ? [earlier, present] : [present, earlier];
          const deployed = await deployAll(first.folder);
          const { stack } = deployed;
          try {
            use(deployed, first);
            stack.write("index.js", program + more);
            stack.write("tracked/a.py", "a = 1\n");
            commit(stack.folder);
            const run = await stack.up();
            // The unfinished deploy of this program is finished with it.
            assert.equal(run.code, 0, run.all);
            writes(deployed);

            for (const [version, operations] of [
              [second, ["preview", "up", "refresh", "up"]],
              [first, ["refresh", "up"]],
            ] as const) {
              use(deployed, version);
              const what = (run: Run) => `${version.name}:\n${run.all}`;
              for (const operate of operations) {
                const run = await stack[operate]();
                assert.equal(run.code, 0, what(run));
                const steps = new Set(Object.values(run.steps));
                const quiet = operate === "refresh" ? "refresh" : "same";
                assert.deepEqual(steps, new Set([quiet]), what(run));
              }
              assert.deepEqual(writes(deployed), [], version.name);
            }
          } finally {
            await deployed.dispose();
          }
        });
      }

      it("resumes what the present version could not finish, and the other way round", async () => {
        for (const [first, second] of [
          [present, { name, folder: release.folder }],
          [{ name, folder: release.folder }, present],
        ] as const) {
          const deployed = await deployAll(first.folder);
          try {
            use(deployed, second);
            writes(deployed);
            const run = await deployed.stack.up();
            assert.equal(run.code, 0, run.all);
            const { unfinished, ...others } = run.steps;
            assert.equal(unfinished, "update", run.all);
            assert.deepEqual(new Set(Object.values(others)), new Set(["same"]), run.all);
            assert.deepEqual(writes(deployed), ["FinalizeDeploy"], second.name);
          } finally {
            await deployed.dispose();
          }
        }
      });
    });
  }
});

/** Has the stack's project depend on a version of this package. */
function use({ stack }: Deployed, { folder }: { name: string; folder: string }): void {
  rmSync(stack.path("node_modules", "pulumi-astro-deploy"));
  stack.link("pulumi-astro-deploy", folder);
}

/** What Astro was asked to change, since the last time. */
function writes({ emulator }: Deployed): string[] {
  return emulator.requests
    .splice(0)
    .filter(({ method }) => method !== "GET")
    .map(({ operation }) => operation);
}

function commit(folder: string): void {
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=A", "-c", "user.email=a@example.com", ...args], {
      cwd: folder,
    });
  git("init", "--quiet", "--initial-branch=main");
  git("remote", "add", "origin", "https://github.com/acme/etl.git");
  git("add", "tracked");
  git("commit", "--quiet", "--message=Add a");
}
