import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { writeArchive } from "../../../provider/artifact/archive/writeArchive";
import { digestTree, type TreeOptions } from "../../../provider/artifact/digest";
import { ArtifactError } from "../../../provider/artifact/error";
import { packTree, type Package } from "../../../provider/artifact/archive/pack";
import { walk } from "../../../provider/artifact/walk";
import { runScript } from "./child";
import { Trees, type Node } from "./trees";

describe("packing", () => {
  const trees = new Trees();
  const packages: Package[] = [];
  const { TMPDIR } = process.env;
  let temporary: string;

  beforeEach(() => {
    temporary = trees.folder();
    process.env.TMPDIR = temporary;
  });

  afterEach(async () => {
    await Promise.all(packages.splice(0).map((made) => made.dispose()));
    const left = archives();
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    trees.remove();
    assert.deepEqual(left, [], "nothing may be left in the folder for temporary files");
  });

  const sample: Record<string, Node> = {
    "etl.py": "from airflow import DAG\n",
    "lib/run.sh": { executable: "#!/bin/sh\n" },
    "lib/etl": { link: "../etl.py" },
    "data/é😀.csv": "1;2\n",
    empty: "",
  };

  async function pack(root: string, options?: TreeOptions): Promise<Package> {
    const made = await packTree(root, options);
    packages.push(made);
    return made;
  }

  /** What packing has put into the folder for temporary files. */
  function archives(): string[] {
    return readdirSync(temporary).filter((name) => name.startsWith("pulumi-astro-deploy-"));
  }

  /** Unpacks with GNU tar into a new folder. */
  function unpack({ path }: Package): string {
    const folder = trees.folder();
    execFileSync("tar", ["-xpzf", path, "-C", folder]);
    return folder;
  }

  /** The members as GNU tar lists them, one a line, odd characters as escapes. */
  function list({ path }: Package, ...flags: string[]): string[] {
    const printed = execFileSync("tar", ["-tzf", path, "--quoting-style=escape", ...flags], {
      env: { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC" },
      maxBuffer: Infinity,
    });
    return printed.toString().split("\n").slice(0, -1);
  }

  describe("packTree", () => {
    it("writes a file that only this user may read, and says what it is", async () => {
      const root = trees.tree(sample);
      const made = await pack(root, { prefix: "dags" });
      const bytes = readFileSync(made.path);
      assert.equal(made.size, bytes.length);
      assert.equal(made.md5, createHash("md5").update(bytes).digest("base64"));
      assert.deepEqual(made.digest, await digestTree(root, { prefix: "dags" }));
      assert.equal(statSync(made.path).mode & 0o777, 0o600);
      assert.equal(statSync(dirname(made.path)).mode & 0o777, 0o700);
      assert.equal(dirname(dirname(made.path)), temporary);
    });

    it("has the files and links as members, in order, with modes, times and owners of their own", async () => {
      const root = trees.tree(sample);
      // Whole seconds ship, whatever is below them.
      const time = new Date("2024-02-29T12:34:00.999Z");
      for (const name of Object.keys(sample)) lutimesSync(join(root, name), time, time);
      const made = await pack(root, { prefix: "dags" });
      assert.deepEqual(
        list(made, "-v", "--full-time", "--numeric-owner").map((line) => line.replace(/ +/g, " ")),
        [
          "-rw-r--r-- 0/0 4 2024-02-29 12:34:00 dags/data/é😀.csv",
          "-rw-r--r-- 0/0 0 2024-02-29 12:34:00 dags/empty",
          "-rw-r--r-- 0/0 24 2024-02-29 12:34:00 dags/etl.py",
          "lrwxrwxrwx 0/0 0 2024-02-29 12:34:00 dags/lib/etl -> ../etl.py",
          "-rwxr-xr-x 0/0 10 2024-02-29 12:34:00 dags/lib/run.sh",
        ],
      );
    });

    it("has no folder around the members without a prefix", async () => {
      const made = await pack(trees.tree(sample));
      assert.deepEqual(list(made), ["data/é😀.csv", "empty", "etl.py", "lib/etl", "lib/run.sh"]);
    });

    it("unpacks to what was packed", async () => {
      const root = trees.tree({
        ...sample,
        big: randomBytes(3_000_001),
        chunk: randomBytes(256 * 1024),
        "a/b/c/d.py": "x",
        ".airflowignore": "x",
      });
      const unpacked = unpack(await pack(root, { prefix: "dags" }));
      execFileSync("diff", ["-r", "--no-dereference", root, join(unpacked, "dags")]);
      assert.equal(lstatSync(join(unpacked, "dags/lib/run.sh")).mode & 0o777, 0o755);
      assert.equal(lstatSync(join(unpacked, "dags/big")).mode & 0o777, 0o644);
    });

    it("leaves out .git and what is excluded", async () => {
      const root = trees.tree({ ...sample, ".git/HEAD": "x", "sub/.git/HEAD": "x", "x.pyc": "" });
      const made = await pack(root, { exclude: ["*.pyc", "lib/"] });
      assert.deepEqual(list(made), ["data/é😀.csv", "empty", "etl.py"]);
      assert.deepEqual(made.digest, await digestTree(root, { exclude: ["*.pyc", "lib/"] }));
    });

    it("packs an empty folder", async () => {
      const made = await pack(trees.tree({}));
      assert.deepEqual(list(made), []);
      assert.equal(made.digest.files, 0);
    });

    it("gives the same bytes for a copy with the same times, other modes and order of creation", async () => {
      const root = trees.tree(sample);
      const time = new Date("2024-02-29T12:34:56Z");
      for (const name of Object.keys(sample)) lutimesSync(join(root, name), time, time);
      const one = await pack(root, { prefix: "dags" });
      const before = process.umask(0o077);
      let other: Package;
      try {
        const root = trees.tree(Object.fromEntries(Object.entries(sample).reverse()));
        for (const name of Object.keys(sample)) lutimesSync(join(root, name), time, time);
        chmodSync(join(root, "empty"), 0o466);
        other = await pack(root, { prefix: "dags" });
      } finally {
        process.umask(before);
      }
      assert.ok(readFileSync(one.path).equals(readFileSync(other.path)));
      assert.equal(readFileSync(one.path).readUInt32LE(4), 0, "no time in gzip's header");
    });

    const meaningless = {
      "before 1970": -1e9,
      "of Nix": 1,
      "of zip": Date.UTC(1980, 0, 1) / 1000,
      "as late as says nothing": Date.UTC(1980, 0, 2) / 1000,
      "that tar does not take": 2 ** 31,
    };
    for (const [what, time] of Object.entries(meaningless)) {
      it(`takes a time from the content in place of one ${what}`, async () => {
        const timesOf = async (nodes: Record<string, Node>) => {
          const root = trees.tree(nodes);
          // As a date: Node takes a negative number for the present.
          const date = new Date(time * 1000);
          for (const name of Object.keys(nodes)) lutimesSync(join(root, name), date, date);
          const lines = list(await pack(root), "-v", "--full-time");
          return lines.map((line) => Date.parse(`${/\d{4}-\S+ \S+/.exec(line)?.[0] ?? ""}Z`));
        };
        const large = "x".repeat(300_000);
        const before = await timesOf({ a: "RATE = 1", b: large, c: { link: "a" }, d: "same" });
        const after = await timesOf({ a: "RATE = 2", b: `${large}y`, c: { link: "b" }, d: "same" });
        for (const each of [...before, ...after]) {
          assert.ok(each > Date.UTC(1980, 0, 2) && each < Date.UTC(2015, 0, 1), String(each));
        }
        const changed = after.map((each, index) => each !== before[index]);
        assert.deepEqual(changed, [true, true, true, false]);
      });
    }

    it("packs hostile names so that GNU tar unpacks them", async () => {
      const root = trees.tree({
        ["x".repeat(255)]: "1",
        [`${"y".repeat(90)}/${"z".repeat(90)}/${"w".repeat(90)}`]: "2",
        [`${"é".repeat(120)}/${"😀".repeat(60)}`]: "3",
        "two\nlines": "4",
        "back\\slash": "5",
        "-rf": "6",
        " ": "7",
        "\ufffd": "8",
        __proto__x: "9",
        "a.py": "10",
        "A.py": "11",
        "long-link": { link: `${"y".repeat(90)}/${"z".repeat(90)}/${"w".repeat(90)}` },
        "é-link": { link: `${"é".repeat(120)}/${"😀".repeat(60)}` },
        dangling: { link: "not/there" },
        circle: { link: "circle" },
      });
      for (const prefix of ["dags", "é", ""]) {
        const unpacked = unpack(await pack(root, { prefix }));
        execFileSync("diff", ["-r", "--no-dereference", root, join(unpacked, prefix)]);
      }
    });

    it("has exactly the members that GNU tar packs of the same folder, less the folders", async () => {
      const root = trees.tree({ ...sample, "a\nb": "", ["l".repeat(200)]: "", "z/y/x.py": "" });
      const tar = join(trees.folder(), "gnu.tar.gz");
      execFileSync("tar", ["-czf", tar, "-C", dirname(root), "dags"]);
      const theirs = list({ path: tar } as Package).filter((name) => !name.endsWith("/"));
      const ours = list(await pack(root, { prefix: "dags" }));
      assert.deepEqual(ours.sort(), theirs.sort());
    });

    it("packs very many files in bounded memory", async function () {
      this.timeout(300_000);
      const count = Number(process.env.TEST_TREE_FILES ?? 5_000);
      console.log(`      ${count} files (TEST_TREE_FILES sets the number)`);
      const root = trees.tree({});
      for (let index = 0; index < count; index++) {
        const folder = join(root, String(Math.floor(index / 1000)));
        if (index % 1000 === 0) mkdirSync(folder);
        writeFileSync(join(folder, `dag_${index}.py`), `# ${index}\n`.repeat(300));
      }
      const before = process.memoryUsage().rss;
      const made = await pack(root, { prefix: "dags" });
      const growth = process.memoryUsage().rss - before;
      assert.equal(made.digest.files, count);
      assert.equal(list(made).length, count);
      const allowed = 300e6 + count * 2048;
      assert.ok(growth < allowed, `memory grew by ${growth} bytes, more than ${allowed}`);
    });

    it("packs a large file in bounded memory", async function () {
      this.timeout(60_000);
      const size = 300e6;
      const root = trees.tree({ big: "" });
      execFileSync("truncate", ["-s", String(size), join(root, "big")]);
      const before = process.memoryUsage().rss;
      const made = await pack(root);
      const growth = process.memoryUsage().rss - before;
      assert.equal(made.digest.bytes, size);
      assert.ok(growth < size / 2, `memory grew by ${growth} bytes`);
    });
  });

  describe("a tree that changes while it is packed", () => {
    const changes: Record<string, (path: string) => void> = {
      grows: (path) => {
        appendFileSync(path, "x");
      },
      shrinks: (path) => {
        writeFileSync(path, "");
      },
      vanishes: (path) => {
        rmSync(path);
      },
    };
    for (const size of [10, 1_000_000]) {
      for (const [what, change] of Object.entries(changes)) {
        it(`fails and names the file of ${size} bytes that ${what}`, async () => {
          const root = trees.tree({ "a.py": "a", "m.py": randomBytes(size), "z.py": "z" });
          const entries = await walk(root);
          change(join(root, "m.py"));
          await assert.rejects(writeArchive(join(trees.folder(), "x"), entries), (error) => {
            assert.ok(error instanceof ArtifactError, String(error));
            assert.equal(error.path, "m.py");
            assert.match(error.message, /m\.py (changed|vanished) while it was read/);
            return true;
          });
        });
      }
    }

    it("leaves no archive behind", async () => {
      const root = trees.tree({ "a.py": "a", "log.txt": "" });
      let writing = true;
      const write = () => {
        appendFileSync(join(root, "log.txt"), "x");
        if (writing) setImmediate(write);
      };
      write();
      try {
        await assert.rejects(packTree(root), /log\.txt changed while it was read/);
      } finally {
        writing = false;
      }
      assert.deepEqual(archives(), []);
    });
  });

  describe("a folder for temporary files", () => {
    it("that does not exist is named", async () => {
      const missing = join(temporary, "missing");
      process.env.TMPDIR = missing;
      try {
        await assert.rejects(
          packTree(trees.tree(sample)),
          new RegExp(`missing cannot be written \\(ENOENT\\)\\. Free space there, or set TMPDIR`),
        );
      } finally {
        process.env.TMPDIR = temporary;
      }
    });

    it("that takes no more is named, and nothing hangs or stays", () => {
      const root = trees.tree({ "big.bin": randomBytes(5_000_000), "small.py": "x" });
      // With a limit on a file's size as small as a full disk has room.
      const message = runScript(
        `process.on("SIGXFSZ", () => {});
        load("archive/pack").packTree(${JSON.stringify(root)}).catch((error) => {
          console.log(error.name, error.message);
        });`,
        { TMPDIR: temporary },
        ["prlimit", "--fsize=1000000"],
      );
      assert.match(message, /^ArtifactError .*package\.tar\.gz cannot be written \(EFBIG\)\. Free/);
    });
  });

  describe("dispose", () => {
    it("removes the file, once", async () => {
      const made = await packTree(trees.tree(sample));
      assert.ok(existsSync(made.path));
      await made.dispose();
      assert.deepEqual(archives(), []);
      await made.dispose();
    });

    it("is made up for when the process exits", () => {
      const root = trees.tree(sample);
      const path = runScript(
        `load("archive/pack").packTree(${JSON.stringify(root)}).then(({ path }) => {
          require("fs").statSync(path);
          console.log(path);
          process.exit(1 - 1);
        });`,
        { TMPDIR: temporary },
      ).trim();
      assert.equal(dirname(dirname(path)), temporary);
      assert.deepEqual(archives(), []);
    });
  });
});
