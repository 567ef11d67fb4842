import assert from "node:assert/strict";
import { chmodSync, cpSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  digestEntries,
  digestEntry,
  digestTree,
  type TreeOptions,
} from "../../../provider/artifact/digest";
import { readDigested, sha256, sha256InSteps } from "../../../provider/artifact/entryDigest";
import { ArtifactError } from "../../../provider/artifact/error";
import { skip } from "../../helpers/skip";
import { runScript } from "./child";
import { asOrdinaryUser, plant, Trees, type Node } from "./trees";

const nobody = 65534;

describe("digestTree", () => {
  const trees = new Trees();
  afterEach(() => {
    trees.remove();
  });

  const sample: Record<string, Node> = {
    "etl.py": "from airflow import DAG\n",
    "lib/run.sh": { executable: "#!/bin/sh\n" },
    "lib/etl": { link: "../etl.py" },
    "data/é😀.csv": "1;2\n",
    empty: "",
  };
  const digestOf = async (nodes: Readonly<Record<string, Node>>, options?: TreeOptions) =>
    (await digestTree(trees.tree(nodes), options)).digest;

  it("says what it found", async () => {
    const found = await digestTree(trees.tree(sample));
    assert.match(found.digest, /^sha256:[0-9a-f]{64}$/);
    assert.equal(found.files, 5);
    assert.equal(found.bytes, 24 + 10 + 4);
    assert.deepEqual(Object.keys(found.summary), [
      "data/é😀.csv",
      "empty",
      "etl.py",
      "lib/etl",
      "lib/run.sh",
    ]);
    for (const short of Object.values(found.summary)) assert.match(short, /^[0-9a-f]{12}$/);
  });

  it("stays what it was in earlier releases, or every user's next preview shows a change", async () => {
    const { digest, summary } = await digestTree(trees.tree(sample), { prefix: "dags" });
    assert.equal(digest, "sha256:754261a4115cd4b20cf452eead524a339a4fcd7854f6e29e2fc8cef5b8db481e");
    assert.equal(summary["etl.py"], "d4e4b6063edb");
  });

  it("is the same for an entry that is read at once and in chunks", async () => {
    const limit = 64 * 1024;
    const entries = await digestEntries(
      trees.tree({
        ...sample,
        limit: "x".repeat(limit),
        "executable limit": { executable: "x".repeat(limit) },
        "above it": "x".repeat(limit + 1),
      }),
    );
    assert.equal(entries.length, 8);
    for (const { entry, digest } of entries) {
      const inChunks = await digestEntry(entry);
      assert.equal(digest, inChunks, entry.name);
      if (entry.kind !== "symlink") assert.equal(readDigested(entry).digest, inChunks, entry.name);
    }
  });

  it("has the same SHA-256 where Node.js has no call for all of it", () => {
    const bytes = Buffer.from("abc");
    assert.equal(sha256InSteps(bytes), sha256(bytes));
    assert.match(sha256(bytes), /^ba7816bf8f01cfea4141/);
  });

  it("knows an empty folder, and takes no notice of empty folders inside", async () => {
    const root = trees.tree({});
    const empty = await digestTree(root);
    assert.deepEqual([empty.files, empty.bytes, empty.summary], [0, 0, {}]);
    mkdirSync(join(root, "sub/sub"), { recursive: true });
    assert.deepEqual(await digestTree(root), empty);
  });

  describe("is the same", () => {
    it("for a copy with other times, modes and order of creation, in another folder", async () => {
      const original = await digestTree(trees.tree(sample));
      const before = process.umask(0o077);
      try {
        const root = join(trees.folder(), "elsewhere");
        mkdirSync(root);
        plant(root, Object.fromEntries(Object.entries(sample).reverse()));
        utimesSync(join(root, "etl.py"), 1, 1);
        chmodSync(join(root, "empty"), 0o466);
        assert.deepEqual(await digestTree(root), original);
      } finally {
        process.umask(before);
      }
    });

    it("through a link to the folder, and whatever is in .git or excluded", async () => {
      const root = trees.tree(sample);
      const original = await digestTree(root);
      const link = join(trees.folder(), "link");
      symlinkSync(root, link);
      assert.deepEqual(await digestTree(link), original);
      plant(root, { ".git/HEAD": "x", "lib/x.pyc": "x" });
      assert.deepEqual(await digestTree(root, { exclude: ["*.pyc"] }), original);
    });

    it("for a copy that the system made", async () => {
      const root = trees.tree(sample);
      const copy = join(trees.folder(), "copy");
      cpSync(root, copy, { recursive: true, verbatimSymlinks: true });
      assert.deepEqual(await digestTree(copy), await digestTree(root));
    });

    it("in a process with another locale, time zone, umask and working directory", async () => {
      const root = trees.tree({ ...sample, Z: "", a: "", ä: "", B: "" });
      const printed = runScript(
        `process.umask(0o077);
        load("digest")
          .digestTree(${JSON.stringify(root)})
          .then((found) => console.log(JSON.stringify(found)));`,
        { LC_ALL: "sv_SE.UTF-8", TZ: "Pacific/Kiritimati" },
      );
      assert.deepEqual(JSON.parse(printed), await digestTree(root));
    });

    it("for another user, who may do less with the files", async function () {
      if (process.getuid?.() !== 0) skip(this, "only root can become another user");
      const before = process.umask(0o022);
      const root = trees.tree(sample);
      process.umask(before);
      chmodSync(dirname(root), 0o755);
      chmodSync(join(root, "lib/run.sh"), 0o744);
      const printed = runScript(
        `const { digestTree } = load("digest");
        process.setgroups([]);
        process.setgid(${nobody});
        process.setuid(${nobody});
        const user = process.getuid();
        digestTree(${JSON.stringify(root)})
          .then((found) => console.log(JSON.stringify({ user, found })));`,
      );
      assert.deepEqual(JSON.parse(printed), { user: nobody, found: await digestTree(root) });
    });
  });

  describe("is another", () => {
    const changes: Record<string, Record<string, Node>> = {
      content: { ...sample, "etl.py": "from airflow import DAG " },
      "a name": { ...omit("empty"), emptY: "" },
      "the executable bit": { ...sample, "etl.py": { executable: "from airflow import DAG\n" } },
      "where a link leads": { ...sample, "lib/etl": { link: "../empty" } },
      "a link for a file of the same text": { ...sample, "lib/etl": "../etl.py" },
      "one file more": { ...sample, more: "" },
      "one file less": omit("empty"),
    };
    for (const [what, nodes] of Object.entries(changes)) {
      it(`for ${what}`, async () => {
        assert.notEqual(await digestOf(nodes), await digestOf(sample));
      });
    }

    it("for another prefix", async () => {
      const digests = [undefined, "dags", "dags/x", "d"].map((prefix) =>
        digestOf(sample, prefix === undefined ? {} : { prefix }),
      );
      assert.equal(new Set(await Promise.all(digests)).size, 4);
      assert.equal(await digestOf(sample, { prefix: "" }), await digestOf(sample));
    });

    it("where the same bytes are cut into names and contents elsewhere", async () => {
      const cuts: Record<string, Node>[] = [
        { a: "bc", d: "e" },
        { ab: "c", d: "e" },
        { a: "b", cd: "e" },
        { a: "bcde" },
        { "a\nb": "cde" },
        { "a/b": "cde" },
        { a: "file\0bc", d: "e" },
      ];
      assert.equal(new Set(await Promise.all(cuts.map((cut) => digestOf(cut)))).size, cuts.length);
    });
  });

  describe("summary", () => {
    const many = (count: number, name: (index: number) => string) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [name(index), `${index}`]));
    const summaryOf = async (nodes: Record<string, Node>) =>
      (await digestTree(trees.tree(nodes))).summary;

    it("names each of 200 files, however deep", async () => {
      const summary = await summaryOf(many(200, (index) => `a/b/${index}.py`));
      assert.equal(Object.keys(summary).length, 200);
      assert.ok(Object.keys(summary).every((key) => key.endsWith(".py")));
    });

    it("rolls the deepest folders up first", async () => {
      const summary = await summaryOf({
        ...many(150, (index) => `team/b/${index}.py`),
        ...many(50, (index) => `team/c/${index}.py`),
        "team/x.py": "",
        "y.py": "",
        "other/z.py": "",
      });
      assert.deepEqual(Object.keys(summary), [
        "other/z.py",
        "team/b/",
        "team/c/",
        "team/x.py",
        "y.py",
      ]);
    });

    it("rolls up level by level until the keys are few enough", async () => {
      const summary = await summaryOf({
        ...many(201, (index) => `wide/${index}/a.py`),
        ...many(50, (index) => `team/x/${index}.py`),
        "y.py": "",
      });
      assert.deepEqual(Object.keys(summary), ["team/", "wide/", "y.py"]);
    });

    it("has one key for a folder of too many files", async () => {
      assert.deepEqual(Object.keys(await summaryOf(many(201, (index) => `${index}.py`))), ["./"]);
    });

    it("changes where something changed, and there alone", async () => {
      const nodes = { ...many(300, (index) => `a/${index}`), ...many(3, (index) => `b${index}`) };
      const before = await summaryOf(nodes);
      const after = await summaryOf({ ...nodes, "a/7": "other", b1: { executable: "1" } });
      const changed = Object.keys(after).filter((key) => after[key] !== before[key]);
      assert.deepEqual(Object.keys(after), Object.keys(before));
      assert.deepEqual(changed, ["a/", "b1"]);
    });

    it("has a file called __proto__", async () => {
      assert.ok(Object.hasOwn(await summaryOf({ ["__proto__"]: "x" }), "__proto__"));
    });
  });

  it("names a file that cannot be read", async () => {
    const root = trees.tree({ "a.py": "", "secret.py": "x" });
    chmodSync(dirname(root), 0o755);
    chmodSync(join(root, "secret.py"), 0o000);
    await asOrdinaryUser(async () => {
      await assert.rejects(digestTree(root), (error) => {
        assert.ok(error instanceof ArtifactError);
        assert.equal(error.path, "secret.py");
        assert.match(error.message, /secret\.py cannot be read: permission denied/);
        return true;
      });
    });
  });

  for (const prefix of ["/", "/dags", "dags/", "../x", "a/../b", ".", "a//b"]) {
    it(`refuses the prefix ${JSON.stringify(prefix)}`, async () => {
      await assert.rejects(digestTree(trees.tree(sample), { prefix }), /must be a relative path/);
    });
  }

  it("reads large files in chunks", async () => {
    const root = trees.tree({});
    writeFileSync(join(root, "big"), Buffer.alloc(5_000_000, "abc"));
    const { bytes, summary } = await digestTree(root);
    assert.equal(bytes, 5_000_000);
    writeFileSync(join(root, "big"), Buffer.alloc(5_000_000, "abc").fill("x", 4_999_999));
    assert.notDeepEqual((await digestTree(root)).summary, summary);
  });

  function omit(name: string): Record<string, Node> {
    return Object.fromEntries(Object.entries(sample).filter(([key]) => key !== name));
  }
});
