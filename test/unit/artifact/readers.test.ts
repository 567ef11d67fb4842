import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { pack as tarStream } from "tar-stream";
import { packTree, type Package } from "../../../provider/artifact/archive/pack";
import { memberHeader, padding, type Member } from "../../../provider/artifact/archive/tarHeader";
import { needs } from "../../helpers/skip";
import { Trees, type Node } from "./trees";

const kibibyte = 1024;

/** Content for many blocks: text that gzip shortens, bytes that it does not, and long runs. */
const nodes: Record<string, Node> = {
  "etl.py": "from airflow import DAG\n",
  "data/text.csv": "1;2;3\n".repeat(200_000),
  "data/random.bin": randomBytes(900 * kibibyte + 7),
  "data/zeros": Buffer.alloc(2000 * kibibyte),
  "lib/run.sh": { executable: "#!/bin/sh\n" },
  "lib/é😀.py": "x = 1\n",
  [`${"y".repeat(90)}/${"z".repeat(90)}/${"w".repeat(90)}`]: "2",
  empty: "",
};

const contents = Object.entries(nodes).map(([name, node]): [string, string] => {
  const content = typeof node === "object" && "executable" in node ? node.executable : node;
  return [
    name,
    createHash("sha256")
      .update(content as string | Buffer)
      .digest("hex"),
  ];
});

const python = `
import hashlib, sys, tarfile
with tarfile.open(sys.argv[1], "r:gz") as tar:
    for member in tar:
        print(hashlib.sha256(tar.extractfile(member).read()).hexdigest() + "  " + member.name)
`;

const go = `package main

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
)

func main() {
	file, err := os.Open(os.Args[1])
	must(err)
	unzipped, err := gzip.NewReader(file)
	must(err)
	unzipped.Multistream(false)
	archive := tar.NewReader(unzipped)
	for {
		header, err := archive.Next()
		if err == io.EOF {
			break
		}
		must(err)
		content, err := io.ReadAll(archive)
		must(err)
		fmt.Printf("%x  %s\\n", sha256.Sum256(content), header.Name)
	}
	_, err = io.Copy(io.Discard, unzipped)
	must(err)
	if rest, _ := io.ReadAll(file); len(rest) != 0 {
		panic("more than one member")
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
`;

describe("an archive of many blocks", function () {
  this.timeout(120_000);
  const trees = new Trees();
  let archive: Package;

  before(async () => {
    archive = await packTree(trees.tree(nodes));
  });
  after(async () => {
    await archive.dispose();
    trees.remove();
  });

  /** From the lines of `sha256sum`. */
  const assertContents = (lines: string) => {
    const read = lines
      .trim()
      .split("\n")
      .map((line) => [line.slice(66), line.slice(0, 64)]);
    assert.deepEqual(Object.fromEntries(read), Object.fromEntries(contents));
  };
  const unpackBy = (program: string) => {
    const folder = trees.folder();
    execFileSync(program, ["-xzf", archive.path, "-C", folder]);
    for (const [name, digest] of contents) {
      const content = readFileSync(join(folder, name));
      assert.equal(createHash("sha256").update(content).digest("hex"), digest, name);
    }
  };

  it("is one member to gunzip", () => {
    execFileSync("gzip", ["--test", archive.path], { stdio: "pipe" });
    const listed = execFileSync("gzip", ["--list", archive.path], { encoding: "utf8" });
    assert.match(listed, new RegExp(`${gunzipSync(readFileSync(archive.path)).length}`));
  });

  it("is read by GNU tar", () => {
    unpackBy("tar");
  });

  it("is read by bsdtar", function () {
    needs(this, "bsdtar", "libarchive");
    unpackBy("bsdtar");
  });

  it("is read by Python", function () {
    needs(this, "python3", "python.org");
    assertContents(execFileSync("python3", ["-c", python, archive.path], { encoding: "utf8" }));
  });

  it("is read by Go, as one member", function () {
    needs(this, "go", "go.dev");
    const main = join(trees.folder(), "main.go");
    writeFileSync(main, go);
    assertContents(execFileSync("go", ["run", main, archive.path], { encoding: "utf8" }));
  });
});

describe("memberHeader", () => {
  const long = (count: number) => "x".repeat(count);
  const names = [
    "a",
    "dags/etl.py",
    "é😀.py",
    " ",
    "two\nlines",
    "\u0001",
    long(99),
    long(100),
    long(101),
    long(255),
    `${long(154)}/${long(100)}`,
    `${long(155)}/${long(100)}`,
    `${long(156)}/${long(100)}`,
    `${long(155)}/${long(101)}`,
    `a/${long(98)}`,
    `a/${long(99)}`,
    `a/b/c/${long(96)}`,
    `${long(50)}/${long(50)}/${long(50)}/${long(50)}`,
    `${long(120)}/${long(120)}/${long(120)}`,
    `é/${long(300)}`,
    // Their records are as long as where the length gets another digit.
    ...Array.from({ length: 8 }, (_, index) => `é${long(980 + index)}`),
  ];
  const targets = ["a", "../é", long(100), long(101), "é".repeat(50), "é".repeat(51), long(4000)];
  const members: Member[] = [
    ...names.flatMap((name): Member[] => [
      { name, mode: 0o644, size: 0, time: 0 },
      { name, mode: 0o755, size: 3, time: 2 ** 31 - 1 },
      ...targets.map((target) => ({ name, mode: 0o777, size: 0, time: 1_700_000_000, target })),
    ]),
    ...[1, 8 ** 11 - 1, 8 ** 11, 2 ** 40].map((size) => ({
      name: "big",
      mode: 0o644,
      size,
      time: 1,
    })),
  ];

  /** The first bytes that tar-stream writes for a member. */
  async function theirs({ name, mode, size, time, target }: Member, length: number) {
    const archive = tarStream();
    const common = { name, mode, size, mtime: new Date(time * 1000), uid: 0, gid: 0 };
    const entry = archive.entry({
      ...common,
      ...(target === undefined ? { type: "file" } : { type: "symlink", linkname: target }),
    });
    entry.on("error", () => undefined);
    archive.on("error", () => undefined);
    const chunks: Buffer[] = [];
    let read = 0;
    for await (const chunk of archive as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      read += chunk.length;
      if (read >= length) break;
    }
    return Buffer.concat(chunks);
  }

  it("is what tar-stream writes, for every kind of name, link, size and time", async () => {
    for (const member of members) {
      const ours = memberHeader(member);
      assert.ok(ours.equals(await theirs(member, ours.length)), JSON.stringify(member));
    }
  });

  it("is followed by content that is filled up to 512 bytes", () => {
    const lengths = [0, 1, 511, 512, 513, 2 ** 40 + 1].map((size) => padding(size).length);
    assert.deepEqual(lengths, [0, 511, 1, 0, 511, 511]);
  });
});
