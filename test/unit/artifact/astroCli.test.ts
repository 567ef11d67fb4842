import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { lutimesSync } from "node:fs";
import { join } from "node:path";
import { packTree } from "../../../provider/artifact/archive/pack";
import { Trees, type Node } from "./trees";

/**
 * Seen in the `astro` CLI's archives of a folder with these files, of DAGs and as a bundle
 * (astro-cli at ed93cc59, August 2026): all of them, with the times of the files and links, and no member for a folder.
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

describe("the archive, beside the astro CLI's of the same folder", () => {
  const trees = new Trees();
  afterEach(() => {
    trees.remove();
  });

  for (const [kind, prefix] of Object.entries({ DAGs: "dags", "a bundle": "" })) {
    it(`has the same members with the same times, less every .git, of ${kind}`, async () => {
      const root = trees.tree({ ...shipped, ...shippedByMistake, "folder/.git/HEAD": "" });
      const times = new Map<string, string>();
      for (const [index, name] of Object.keys(shipped).entries()) {
        const time = new Date(Date.UTC(2024, 0, 1 + index, 12, 0, index));
        lutimesSync(join(root, name), time, time);
        times.set(name, time.toISOString().slice(0, 19).replace("T", " "));
      }
      const made = await packTree(root, { prefix });
      const listed = execFileSync(
        "tar",
        ["-tvzf", made.path, "--full-time", "--quoting-style=literal"],
        {
          encoding: "utf8",
          env: { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC" },
        },
      );
      await made.dispose();
      const expected = Object.keys(shipped).map(
        (name) => `${times.get(name) ?? ""} ${prefix ? `${prefix}/${name}` : name}`,
      );
      const members = listed
        .trimEnd()
        .split("\n")
        .map((line) => line.replace(/^.*?(?=\d{4}-)/, "").replace(/ -> .*/, ""));
      assert.deepEqual(members.sort(), expected.sort());
    });
  }
});
