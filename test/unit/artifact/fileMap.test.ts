import assert from "node:assert/strict";
import { join } from "node:path";
import { digestTree } from "../../../provider/artifact/digest";
import type { FileMap } from "../../../provider/artifact/fileMap";
import { packTree } from "../../../provider/artifact/archive/pack";
import { Trees } from "./trees";

describe("a map of files", () => {
  const trees = new Trees();
  afterEach(() => {
    trees.remove();
  });

  const nodes = {
    "a.py": "a",
    "b/run.sh": { executable: "#!/bin/sh" },
    "b/c/d.py": "d",
    "b/c/link.py": { link: "d.py" },
    "b/c/d.pyc": "compiled",
    "__pycache__/a.pyc": "compiled",
    ".git/HEAD": "ref",
    "b/.git/HEAD": "ref",
  };
  /** The same files as the folder's, in three ways. */
  const mapsOf = (root: string): Record<string, FileMap> => ({
    "one folder in another": {
      ...{ "a.py": "a", ".git": { folder: join(root, ".git") } },
      ...{ b: { folder: join(root, "b") }, "__pycache__/a.pyc": "compiled" },
    },
    "files and texts, in another order": {
      "b/run.sh": { file: join(root, "b/run.sh") },
      "b/c": { folder: join(root, "b/c") },
      __pycache__: { files: { "a.pyc": "compiled" } },
      "a.py": { file: join(root, "a.py") },
      "b/.git/HEAD": "ref",
    },
    "maps in maps": {
      b: {
        files: { c: { folder: join(root, "b/c") }, "run.sh": { file: join(root, "b/run.sh") } },
      },
      ".": { files: { "a.py": "a", "__pycache__/a.pyc": "compiled" } },
    },
  });

  for (const exclude of [[], ["*.pyc"], ["__pycache__/"], ["b/c"], ["/b/**/d.py*", "!b/c/d.py"]]) {
    it(`ships what a folder of the same files ships, without ${JSON.stringify(exclude)}`, async () => {
      const root = trees.tree(nodes);
      const expected = await digestTree(root, { exclude, prefix: "dags" });
      for (const [name, map] of Object.entries(mapsOf(root))) {
        assert.deepEqual(await digestTree(map, { exclude, prefix: "dags" }), expected, name);
        const packed = await packTree(map, { exclude, prefix: "dags" });
        assert.deepEqual(packed.digest, expected, name);
        await packed.dispose();
      }
    });
  }

  it("gives the same archive whatever the time is", async () => {
    const archives = await Promise.all(["x", "x"].map((text) => packTree({ "a.py": text })));
    assert.equal(archives[0]?.md5, archives[1]?.md5);
    await Promise.all(archives.map((archive) => archive.dispose()));
  });

  it("ships the file that a link names", async () => {
    const root = trees.tree({ "a.py": "a", "link.py": { link: "a.py" } });
    assert.deepEqual(
      await digestTree({ "x.py": { file: join(root, "link.py") } }),
      await digestTree({ "x.py": "a" }),
    );
  });

  const refused: Record<string, [(root: string) => FileMap, RegExp]> = {
    "two files of one name": [
      () => ({ "b/c.py": "", b: { files: { "c.py": "" } } }),
      /^b\/c\.py is there twice\./,
    ],
    "a file in a file": [
      () => ({ b: "", "b/c/d.py": "" }),
      /^b\/c\/d\.py is inside of b, which is a file\./,
    ],
    "a folder that is not there": [
      (root) => ({ b: { folder: join(root, "nowhere") } }),
      /^b does not exist\./,
    ],
    "a link out of the folder": [
      (root) => ({ in: { folder: join(root, "out") } }),
      /^in\/link\.py is a link that leaves the folder\./,
    ],
    "a file that is not there": [
      (root) => ({ "b.py": { file: join(root, "nowhere.py") } }),
      /^b\.py does not exist\./,
    ],
    "a folder as a file": [(root) => ({ "b.py": { file: root } }), /^b\.py is not a file\./],
  };
  for (const [name, [mapOf, message]] of Object.entries(refused)) {
    it(`refuses ${name}`, async () => {
      const root = trees.tree({ "a.py": "a", "out/link.py": { link: "../a.py" } });
      await assert.rejects(digestTree(mapOf(root)), (error: Error) => message.test(error.message));
    });
  }
});
