import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ImageError, shipProblem } from "../../../provider/image/info";
import { readArchive, readLayoutFolder } from "../../../provider/image/layout";
import { runtimeLabel, writeLayout } from "../../helpers/images";
import { needs } from "../../helpers/skip";

describe("an image in OCI image layout", () => {
  let folder: string;
  const path = (name: string) => join(folder, name);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "astro-layout-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const refused = (reading: Promise<unknown>, why: RegExp) =>
    assert.rejects(
      reading,
      (error) => error instanceof ImageError && why.test(error.message),
      String(why),
    );

  it("is known by its manifest's digest, its platform and its labels", async () => {
    const { latest } = await writeLayout(folder, { latest: {} });
    const facts = await readLayoutFolder(folder);
    assert.deepEqual(facts, {
      digest: latest,
      platform: "linux/amd64",
      labels: { [runtimeLabel]: "3.0-2" },
      isOnlyImage: true,
    });
    assert.equal(shipProblem(facts), undefined);
  });

  it("has another digest with another content, and the same with the same", async () => {
    const digests = await writeLayout(folder, { a: {}, b: { content: "other" }, c: {} });
    const read = async (tag: string) => (await readLayoutFolder(folder, tag)).digest;
    assert.equal(await read("a"), digests.a);
    assert.notEqual(await read("a"), await read("b"));
    assert.equal(await read("a"), await read("c"));
  });

  it("is that for linux/amd64 where there are several", async () => {
    const { latest } = await writeLayout(folder, {
      latest: { platforms: ["linux/arm64", "linux/amd64"] },
    });
    const facts = await readLayoutFolder(folder);
    assert.equal(facts.platform, "linux/amd64");
    assert.notEqual(facts.digest, latest, "the list's digest changes with the other platforms");
  });

  it("is read the same from an archive of the folder", async () => {
    await writeLayout(path("."), { v1: {} });
    const members = ["oci-layout", "index.json", "blobs"];
    execFileSync("tar", ["-C", folder, "-cf", path("plain.tar"), ...members]);
    execFileSync("tar", ["-C", folder, "-czf", path("gzip.tar"), ...members]);
    const facts = await readLayoutFolder(folder, "v1");
    assert.deepEqual(await readArchive(path("plain.tar"), "oci-archive"), facts);
    assert.deepEqual(await readArchive(path("gzip.tar"), "oci-archive", "v1"), facts);
  });

  for (const compression of ["bzip2", "xz", "zstd"]) {
    it(`is refused with its remedy in an archive that ${compression} has compressed`, async function () {
      needs(this, compression, `Debian and Ubuntu: apt-get install ${compression}`);
      await writeLayout(path("."), { v1: {} });
      execFileSync("tar", [
        "-C",
        folder,
        "-cf",
        path("a.tar"),
        "oci-layout",
        "index.json",
        "blobs",
      ]);
      writeFileSync(path("a"), execFileSync(compression, ["-c", path("a.tar")]));
      for (const format of ["oci-archive", "docker-archive"] as const) {
        await refused(
          readArchive(path("a"), format),
          new RegExp(
            `^it is compressed with ${compression}: decompress it \\(${compression} -d\\), or compress it with gzip instead$`,
          ),
        );
      }
    });
  }

  it("is refused where it is for another platform, or not built on Astro Runtime", async () => {
    await writeLayout(folder, { arm: { platforms: ["linux/arm64"] }, plain: { labels: {} } });
    assert.match(
      shipProblem(await readLayoutFolder(folder, "arm")) ?? "",
      /is for linux\/arm64, but Astro runs linux\/amd64: build it with --platform=linux\/amd64/,
    );
    assert.match(
      shipProblem(await readLayoutFolder(folder, "plain")) ?? "",
      /is not built on Astro Runtime .* FROM an Astro Runtime image/,
    );
  });

  it("tells what a list has where it has nothing for Astro", async () => {
    await writeLayout(folder, { latest: { platforms: ["linux/arm64", "linux/s390x"] } });
    await refused(readLayoutFolder(folder), /is for linux\/arm64, linux\/s390x and not for/);
  });

  it("tells the tags where several fit, or none", async () => {
    await writeLayout(folder, { a: {}, b: { content: "other" } });
    await refused(readLayoutFolder(folder), /holds 2 images; name one \(its tags are a, b\)/);
    await refused(
      readLayoutFolder(folder, "c"),
      /^it holds no image with that tag \(its tags are a, b\)/,
    );
    assert.equal((await readLayoutFolder(folder, "a")).isOnlyImage, false);
  });

  it("tells what is missing or broken", async () => {
    await refused(readLayoutFolder(path("none")), /is not a folder in OCI image layout/);
    await refused(readLayoutFolder(folder), /has no index\.json: it is not an image of this kind/);
    const { latest = "" } = await writeLayout(folder, { latest: {} });
    const manifest = path(join("blobs", latest.replace(":", "/")));
    const text = readFileSync(manifest);
    writeFileSync(manifest, "{");
    await refused(readLayoutFolder(folder), /its blobs\/sha256\/[0-9a-f]+ is not JSON/);
    writeFileSync(manifest, '{"config": 1}');
    await refused(readLayoutFolder(folder), /is not valid for an image of this kind/);
    writeFileSync(manifest, "{}");
    await refused(readLayoutFolder(folder), /holds no image manifest/);
    rmSync(manifest);
    await refused(readLayoutFolder(folder), /has no blobs\/sha256\/.*is incomplete/);
    writeFileSync(manifest, text);
    writeFileSync(path("index.json"), "<html>");
    await refused(readLayoutFolder(folder), /index\.json is not JSON/);
  });

  it("tells what is no archive", async () => {
    await refused(readArchive(path("none.tar"), "oci-archive"), /is not a file/);
    await refused(readArchive(folder, "oci-archive"), /is not a file/);
    writeFileSync(path("text.tar"), "hello ".repeat(500));
    await refused(readArchive(path("text.tar"), "oci-archive"), /is not a tar archive/);
    writeFileSync(path("empty.tar"), "");
    await refused(readArchive(path("empty.tar"), "docker-archive"), /has no manifest\.json/);
    await writeLayout(folder, { latest: {} });
    execFileSync("tar", ["-C", folder, "-czf", path("whole.tar"), "index.json", "blobs"]);
    writeFileSync(path("half.tar"), readFileSync(path("whole.tar")).subarray(0, 300));
    await refused(
      readArchive(path("half.tar"), "oci-archive"),
      /is not a tar archive, or is incomplete/,
    );
  });
});
