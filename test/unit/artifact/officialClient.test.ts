import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { packTree } from "../../../provider/artifact/pack";
import { Trees, type Node } from "./trees";

/**
 * Seen in the official client's archives of a folder with these files, of DAGs and as a bundle
 * (astro-cli at ed93cc59, August 2026): all of them, and no member for a folder.
 */
const shipped: Record<string, Node> = {
  ".airflowignore": "tmp\n",
  ".github/w.yml": "on: push\n",
  ".gitignore": "*.log\n",
  ".hidden/c": "c\n",
  "__pycache__/a.cpython-311.pyc": "pyc",
  "a.py": "a = 1\n",
  dangling: { link: "missing" },
  "empty.py": "",
  "include/run.sh": { executable: "#!/bin/sh\n" },
  "lib/deep/b.py": "b = 1\n",
  "lib/dirlink": { link: "deep" },
  "lib/link.py": { link: "../a.py" },
  "sub/d.py": "d = 1\n",
  "with space.py": "s = 1\n",
  "é😀.py": "u = 1\n",
};

/**
 * Seen there too, against its intent to leave .git out: it does so only at the root of a bundle. Here
 * they never ship.
 */
const shippedByMistake: Record<string, Node> = {
  ".git/HEAD": "ref: x\n",
  "include/.git": "gitdir: x\n",
  "sub/.git/HEAD": "ref: x\n",
};

describe("the archive, beside the official client's of the same folder", () => {
  const trees = new Trees();
  afterEach(() => {
    trees.remove();
  });

  for (const [kind, prefix] of Object.entries({ DAGs: "dags", "a bundle": "" })) {
    it(`has the same members, less every .git, of ${kind}`, async () => {
      const root = trees.tree({ ...shipped, ...shippedByMistake, "folder/.git/HEAD": "" });
      const made = await packTree(root, { prefix });
      const listed = execFileSync("tar", ["-tzf", made.path, "--quoting-style=literal"], {
        encoding: "utf8",
        env: { ...process.env, LC_ALL: "C.UTF-8" },
      });
      await made.dispose();
      const expected = Object.keys(shipped).map((name) => (prefix ? `${prefix}/${name}` : name));
      assert.deepEqual(listed.trimEnd().split("\n").sort(), expected.sort());
    });
  }
});
