import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  closeSync,
  openSync,
} from "node:fs";
import { readAtOnce, readContent } from "../../../provider/artifact/content";
import { ArtifactError } from "../../../provider/artifact/error";
import { walk, type FileEntry } from "../../../provider/artifact/walk";
import { Trees } from "./trees";

describe("the content of a file", () => {
  const trees = new Trees();
  afterEach(() => {
    trees.remove();
  });

  async function entryOf(content: Buffer): Promise<FileEntry> {
    const [entry] = await walk(trees.tree({ "a.py": content }));
    assert.ok(entry?.kind === "file");
    return entry;
  }

  async function read(entry: FileEntry): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of readContent(entry)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  for (const size of [0, 1, 256 * 1024, 256 * 1024 + 1, 3_000_000]) {
    it(`is read, of ${size} bytes, in chunks and at once`, async () => {
      const content = Buffer.alloc(size, "0123456789");
      const entry = await entryOf(content);
      assert.ok(content.equals(await read(entry)));
      assert.ok(content.equals(readAtOnce(entry)));
    });
  }

  it("is read into memory that is there, of a file and of a text", async () => {
    const content = Buffer.from("0123456789");
    const file = await entryOf(content);
    const text = { ...file, kind: "text", content } as const;
    for (const entry of [file, text]) {
      const memory = Buffer.alloc(14, ".");
      assert.ok(content.equals(readAtOnce(entry, memory.subarray(3))));
      assert.equal(memory.toString(), "...0123456789.");
    }
  });

  const changes: Record<string, (path: string) => void> = {
    "has grown": (path) => {
      appendFileSync(path, "x");
    },
    "has shrunk": (path) => {
      truncateSync(path, 5);
    },
    "was written with the same length": (path) => {
      const { mtimeMs } = statSync(path);
      writeFileSync(path, "9876543210");
      utimesSync(path, new Date(), new Date(mtimeMs + 1000));
    },
    "has vanished": (path) => {
      rmSync(path);
    },
    "was replaced by a link": (path) => {
      rmSync(path);
      symlinkSync("/etc/passwd", path);
    },
    "was replaced by a pipe": (path) => {
      rmSync(path);
      execFileSync("mkfifo", [path]);
    },
    "was replaced by a folder": (path) => {
      rmSync(path);
      mkdirSync(path);
    },
  };
  for (const [what, change] of Object.entries(changes)) {
    it(`is not read of a file that ${what} since the walk`, async () => {
      const entry = await entryOf(Buffer.from("0123456789"));
      change(entry.path);
      const isExpected = (error: unknown) => {
        assert.ok(error instanceof ArtifactError, String(error));
        assert.equal(error.path, "a.py");
        assert.match(error.message, /a\.py (changed|vanished) while it was read/);
        return true;
      };
      await assert.rejects(read(entry), isExpected);
      assert.throws(() => readAtOnce(entry), isExpected);
    });
  }

  it("is not read of a file that grows between two chunks, and yields no more than was announced", async () => {
    const entry = await entryOf(Buffer.alloc(600_000));
    let size = 0;
    await assert.rejects(async () => {
      for await (const chunk of readContent(entry)) {
        size += chunk.length;
        appendFileSync(entry.path, "x".repeat(1000));
      }
    }, /changed while it was read/);
    assert.equal(size, 600_000);
  });

  it("closes the file whether it was read whole, in part or not at all", async function () {
    if (process.platform !== "linux") {
      console.log("      skipped: needs /proc");
      this.skip();
    }
    const entry = await entryOf(Buffer.alloc(600_000));
    // Of this file only: the process may open others meanwhile.
    const isOpen = () => execFileSync("ls", ["-l", `/proc/${process.pid}/fd`]).includes(entry.path);
    const descriptor = openSync(entry.path, "r");
    assert.ok(isOpen());
    closeSync(descriptor);
    for (let index = 0; index < 5; index++) {
      await read(entry);
      for await (const chunk of readContent(entry)) if (chunk.length > 0) break;
      await assert.rejects(read({ ...entry, size: 1 }));
      await assert.rejects(read({ ...entry, size: 700_000 }));
      readAtOnce(entry);
      assert.throws(() => readAtOnce({ ...entry, size: 1 }));
      assert.throws(() => readAtOnce({ ...entry, size: 700_000 }));
    }
    assert.ok(!isOpen());
  });
});
