import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { ArtifactError } from "../../../provider/artifact/error";
import { compareUtf8 } from "../../../provider/artifact/names";
import { walk, type Entry } from "../../../provider/artifact/walk";
import { asOrdinaryUser, plant, Trees } from "./trees";

const names = (entries: Entry[]) => entries.map(({ name }) => name);

/**
 * The walk must fail with an error of ours that names the path in the folder and says what is wrong,
 * but not where the folder lies.
 */
async function refuses(root: string, path: string, message: RegExp, exclude?: string[]) {
  await assert.rejects(walk(root, exclude && { exclude }), (error) => {
    assert.ok(error instanceof ArtifactError, String(error));
    assert.equal(error.path, path);
    assert.match(error.message, message);
    assert.ok(!error.message.includes("\n"), "one line");
    assert.ok(root === "" || !error.message.includes(root), error.message);
    return true;
  });
}

describe("walk", () => {
  const trees = new Trees();
  afterEach(() => {
    trees.remove();
  });

  describe("what ships", () => {
    it("lists files and links, and no folders", async () => {
      const root = trees.tree({
        "a.py": "a",
        "lib/run.sh": { executable: "#!/bin/sh" },
        "lib/a.py": { link: "../a.py" },
      });
      mkdirSync(join(root, "empty"));

      const entries = await walk(root);

      assert.deepEqual(
        entries.map(({ path, ...entry }) => {
          assert.equal(path, join(root, entry.name));
          const { mtimeMs, ...rest } = entry;
          assert.ok(mtimeMs > 0);
          return rest;
        }),
        [
          { kind: "file", name: "a.py", size: 1, executable: false },
          { kind: "symlink", name: "lib/a.py", target: "../a.py" },
          { kind: "file", name: "lib/run.sh", size: 9, executable: true },
        ],
      );
    });

    it("lists nothing for an empty folder", async () => {
      assert.deepEqual(await walk(trees.folder()), []);
    });

    it("counts the owner's executable bit alone", async () => {
      const root = trees.tree({ "a.sh": "", "b.sh": "" });
      chmodSync(join(root, "a.sh"), 0o611);
      chmodSync(join(root, "b.sh"), 0o700);
      const entries = await walk(root);
      assert.deepEqual(
        entries.map((entry) => entry.kind === "file" && entry.executable),
        [false, true],
      );
    });

    it("orders by the names' UTF-8 bytes", async () => {
      const expected = ["A", "a", "a-b", "a/b", "a0", "a\u00e9", "z", "é", "\u{ff5e}", "😀"];
      const root = trees.folder();
      for (const name of [...expected].reverse()) {
        if (name !== "a") plant(root, { [name]: "" });
      }
      assert.deepEqual(
        names(await walk(root)),
        expected.filter((name) => name !== "a"),
      );
    });

    it("leaves out .git at any depth, folder or file, and no other name like it", async () => {
      const root = trees.tree({
        ".git/config": "",
        "sub/.git": "gitdir: elsewhere",
        "sub/deep/.git/HEAD": "",
        ".gitignore": "*.py",
        ".github/x": "",
        "x.git": "",
      });
      assert.deepEqual(names(await walk(root)), [".github/x", ".gitignore", "x.git"]);
    });

    it("ships .airflowignore, and applies no ignore file", async () => {
      const root = trees.tree({ ".airflowignore": "a.py", ".dockerignore": "*", "a.py": "" });
      assert.deepEqual(names(await walk(root)), [".airflowignore", ".dockerignore", "a.py"]);
    });

    it("takes a link as its root, and a path with a trailing slash", async () => {
      const root = trees.tree({ "a.py": "" });
      const link = join(trees.folder(), "link");
      symlinkSync(root, link);
      assert.deepEqual(names(await walk(link)), ["a.py"]);
      assert.deepEqual(await walk(`${root}/`), await walk(root));
    });
  });

  describe("exclude", () => {
    it("takes gitignore's patterns, relative to the root and case-sensitive", async () => {
      const root = trees.tree({
        "a.py": "",
        "a.pyc": "",
        "B.PYC": "",
        "__pycache__/a.py": "",
        "sub/__pycache__/a.py": "",
        "top/x": "",
        "sub/top/x": "",
        "tests/a.py": "",
        "tests/keep.py": "",
        cache: "a file, where the pattern is for folders",
      });
      const exclude = ["*.pyc", "__pycache__/", "/top", "tests/*", "!tests/keep.py", "cache/"];
      assert.deepEqual(names(await walk(root, { exclude })), [
        "B.PYC",
        "a.py",
        "cache",
        "sub/top/x",
        "tests/keep.py",
      ]);
    });

    it("never brings .git back", async () => {
      const root = trees.tree({ ".git/config": "", "a.py": "" });
      assert.deepEqual(names(await walk(root, { exclude: ["!.git", "!.git/**"] })), ["a.py"]);
    });

    it("mends a tree with something in it that cannot ship", async () => {
      const root = trees.tree({ "a.py": "", "out.lnk": { link: "/etc/passwd" } });
      execFileSync("mkfifo", [join(root, "queue.pipe")]);
      writeFileSync(
        Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff]), Buffer.from(".bad")]),
        "",
      );
      const exclude = ["*.lnk", "*.pipe", "*.bad"];
      assert.deepEqual(names(await walk(root, { exclude })), ["a.py"]);
    });
  });

  describe("the root", () => {
    it("must exist", async () => {
      const root = join(trees.folder(), "nowhere");
      await refuses(root, "", /^the folder does not exist\. A relative path starts at/);
    });

    it("must be a folder", async () => {
      const file = join(trees.tree({ "a.py": "" }), "a.py");
      await refuses(file, "", /^the folder is not a directory\. Name/);
      await refuses(join(file, "x"), "", /does not exist/);
    });

    it("must not be empty text, which would be the working directory", async () => {
      await refuses("", "", /^the folder has an empty path/);
    });

    it("must be readable", async () => {
      const root = trees.tree({ "a.py": "" });
      chmodSync(root, 0o000);
      chmodSync(dirname(root), 0o755);
      await asOrdinaryUser(() =>
        refuses(root, "", /^the folder cannot be read: permission denied/),
      );
    });
  });

  describe("links", () => {
    it("ship as they are where they stay inside, lead nowhere, or in a circle", async () => {
      const links = {
        "a/up": "../b.py",
        "a/self": "self",
        "b.py": "./a/../c.py",
        "loop/one": "two",
        "loop/two": "one",
        dangling: "not/there.py",
        "folder-link": "a",
        "root-link": ".",
        "through-folder": "folder-link/up",
        "deep-link": "x/y",
        "up-from-deep": "deep-link/../../b.py",
        "x/y/z": "../../b.py",
      };
      const nodes = Object.entries(links).map(([name, link]) => [name, { link }] as const);
      const root = trees.tree(Object.fromEntries(nodes));
      const found = await walk(root);
      assert.deepEqual(
        Object.fromEntries(found.map((one) => [one.name, one.kind === "symlink" && one.target])),
        links,
      );
    });

    const outside: Record<string, Record<string, string>> = {
      "to a neighbour whose name begins alike": { "x.py": "../dags-x/a.py" },
      "to the folder above": { x: ".." },
      "out and in again": { "x.py": "../dags/a.py" },
      "far above the file system's root": { x: "../../../../../../../../../../etc/passwd" },
      "nowhere outside": { x: "../missing/file" },
      "through a missing folder and out": { x: "missing/../../other" },
      "through another link": { ok: "sub/back", "sub/back": "../../dags-x" },
      "up from where another link leads": { "x.py": "flat/../a.py", flat: "." },
    };
    for (const [title, links] of Object.entries(outside)) {
      it(`are refused where they lead ${title}`, async () => {
        const nodes = Object.entries(links).map(([name, link]) => [name, { link }] as const);
        const root = trees.tree({ "a.py": "", ...Object.fromEntries(nodes) });
        plant(dirname(root), { "dags-x/a.py": "", other: "" });
        await assert.rejects(walk(root), /: \S+ is a link that leaves the folder\. Make it/);
      });
    }

    it("are refused where their target is absolute, even inside", async () => {
      const root = trees.tree({ "a.py": "" });
      symlinkSync(join(root, "a.py"), join(root, "b.py"));
      await refuses(root, "b.py", /is a link to an absolute path/);
    });

    it("are refused where an excluded link takes them out", async () => {
      const root = trees.tree({ hop: { link: "/etc" }, x: { link: "hop/passwd" } });
      await refuses(root, "x", /leaves the folder/, ["hop"]);
    });

    it("are refused where their target is not UTF-8", async () => {
      const root = trees.tree({});
      symlinkSync(Buffer.from([0xff, 0xfe]), join(root, "x"));
      await refuses(root, "x", /points to a name that is not valid UTF-8/);
    });
  });

  describe("hostile trees", () => {
    it("refuses a named pipe, without waiting for it", async () => {
      const root = trees.tree({ "a.py": "" });
      execFileSync("mkfifo", [join(root, "pipe")]);
      await refuses(root, "pipe", /pipe is a named pipe: only files/);
    });

    it("refuses a socket", async () => {
      const root = trees.tree({ "a.py": "" });
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(join(root, "s"), resolve));
      try {
        await refuses(root, "s", /is a socket/);
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
    });

    it("refuses a device", async function () {
      const root = trees.tree({ "a.py": "" });
      try {
        execFileSync("mknod", [join(root, "null"), "c", "1", "3"], { stdio: "ignore" });
      } catch {
        console.log("      skipped: this user may not make devices");
        this.skip();
      }
      await refuses(root, "null", /is a device/);
    });

    it("refuses a name that is not UTF-8", async () => {
      const root = trees.tree({});
      writeFileSync(Buffer.concat([Buffer.from(`${root}/bad-`), Buffer.from([0xff])]), "");
      await refuses(root, "bad-\ufffd", /has a name that is not valid UTF-8/);
    });

    it("names an unreadable folder inside", async () => {
      const root = trees.tree({ "a.py": "", "sub/b.py": "" });
      chmodSync(dirname(root), 0o755);
      chmodSync(join(root, "sub"), 0o000);
      await asOrdinaryUser(() => refuses(root, "sub", /permission denied/));
    });

    it("ships names of 255 bytes, with newlines, emoji, quotes, a replacement character", async () => {
      const odd = [
        "x".repeat(255),
        "é".repeat(127),
        "two\nlines",
        "😀/🚀.py",
        "tab\t\"quote'\\",
        " ",
        "\ufffd",
        "...",
        "-rf",
        "__proto__",
      ];
      const root = trees.tree(Object.fromEntries(odd.map((name) => [name, ""])));
      assert.deepEqual(names(await walk(root)), [...odd].sort(compareUtf8));
    });

    it("puts a name with a line break on one line of a message", async () => {
      const root = trees.tree({ "a\nb": { link: "/etc" } });
      await refuses(root, "a\nb", /a\\nb" is a link/);
    });

    it("ships names that differ in case only", async function () {
      const root = trees.tree({ "a.py": "1", "A.py": "2" });
      const found = names(await walk(root));
      if (found.length === 1) {
        console.log("      skipped: this file system takes both names for one");
        this.skip();
      }
      assert.deepEqual(found, ["A.py", "a.py"]);
    });

    it("lists a deep tree", async () => {
      const deep = Array.from({ length: 500 }, (_, index) => index % 10).join("/");
      const root = trees.tree({ [`${deep}/a.py`]: "" });
      assert.deepEqual(names(await walk(root)), [`${deep}/a.py`]);
    });

    it("names a folder whose path is too long for the system", async () => {
      const root = trees.tree({});
      const start = process.cwd();
      try {
        process.chdir(root);
        for (let depth = 0; depth < 20; depth++) {
          mkdirSync("d".repeat(250));
          process.chdir("d".repeat(250));
        }
      } finally {
        process.chdir(start);
      }
      try {
        await assert.rejects(walk(root), /its path is too long/);
      } finally {
        execFileSync("rm", ["-rf", root]);
      }
    });

    it("lists very many files in bounded memory", async function () {
      this.timeout(120_000);
      const count = Number(process.env.TEST_TREE_FILES ?? 10_000);
      console.log(`      ${count} files (TEST_TREE_FILES sets the number)`);
      const root = trees.folder();
      for (let index = 0; index < count; index++) {
        if (index % 1000 === 0) mkdirSync(join(root, String(index / 1000)));
        writeFileSync(join(root, String(Math.floor(index / 1000)), `dag_${index}.py`), "x");
      }
      const before = process.memoryUsage().heapUsed;
      const entries = await walk(root, { exclude: ["*.pyc"] });
      const growth = process.memoryUsage().heapUsed - before;
      assert.equal(entries.length, count);
      const allowed = 64e6 + count * 2048;
      assert.ok(growth < allowed, `heap grew by ${growth} bytes, more than ${allowed}`);
    });
  });
});

describe("compareUtf8", () => {
  it("orders as the encoded bytes do", () => {
    const units = [
      "a",
      "z",
      "\u007f",
      "\u0080",
      "\u07ff",
      "\ud7ff",
      "\ue000",
      "\uffff",
      "😀",
      "\u{10ffff}",
    ];
    const texts = units.flatMap((one) => [one, ...units.map((other) => one + other)]);
    for (const a of texts) {
      for (const b of texts) {
        const bytes = Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));
        assert.equal(Math.sign(compareUtf8(a, b)), bytes, JSON.stringify([a, b]));
      }
    }
  });
});
