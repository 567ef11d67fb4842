import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, lutimesSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packTree } from "../../../provider/artifact/archive/pack";
import { skip } from "../../helpers/skip";
import { Trees } from "./trees";

/** What a DAG processor does that reloads: it imports the file again, from bytecode if that is fresh. */
const importIt = "import sys; sys.path.insert(0, sys.argv[1]); import helpers; print(helpers.RATE)";

describe("Python's bytecode of files that a deploy overwrites", () => {
  const trees = new Trees();
  before(function () {
    try {
      execFileSync("python3", ["--version"], { stdio: "ignore" });
    } catch {
      skip(this, "python3 is not installed");
    }
  });
  afterEach(() => {
    trees.remove();
  });

  const times = {
    "their own": undefined,
    "none, as in a Nix store": 1,
    "none, as from a zip file": Date.UTC(1980, 0, 1) / 1000,
  };
  for (const [what, time] of Object.entries(times)) {
    it(`is made anew where their content changed, if the times are ${what}`, async () => {
      const target = trees.folder();
      const root = trees.tree({});
      const deploy = async (text: string, edited: number) => {
        writeFileSync(join(root, "helpers.py"), text);
        lutimesSync(join(root, "helpers.py"), time ?? edited, time ?? edited);
        const made = await packTree(root);
        // Over what was there: `__pycache__` stays.
        execFileSync("tar", ["-xzf", made.path, "-C", target]);
        await made.dispose();
        const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "", PYTHONPYCACHEPREFIX: "" };
        const args = ["-c", importIt, target];
        return execFileSync("python3", args, { encoding: "utf8", env }).trim();
      };
      assert.equal(await deploy("RATE = 1\n", 1_700_000_000), "1");
      assert.ok(existsSync(join(target, "__pycache__")), readdirSync(target).join());
      assert.equal(await deploy("RATE = 2\n", 1_700_000_001), "2");
    });
  }
});
