import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parseImageReference } from "../../../provider/image/reference";
import { runTool } from "../../../provider/image/runTool";

describe("what a tool says when it fails", () => {
  const { PATH } = process.env;
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "run-tool-"));
    process.env.PATH = `${folder}${delimiter}${PATH ?? ""}`;
  });
  afterEach(() => {
    process.env.PATH = PATH;
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a script in the place of skopeo. */
  async function failWith(script: string, image: string): Promise<string> {
    const program = join(folder, "skopeo");
    writeFileSync(program, `#!/usr/bin/env node\n${script}`);
    chmodSync(program, 0o755);
    const reference = parseImageReference(image);
    assert.ok(reference);
    const limit = { ms: 60_000, setting: "a setting" };
    const error: unknown = await runTool("skopeo", [], reference, { limit }).catch(
      (reason: unknown) => reason,
    );
    return (error as Error).message;
  }

  it("is told by its last lines, without what names the image", async () => {
    const message = await failWith(
      'console.error("first"); for (const n of [1, 2, 3]) console.error(`line ${n} of /secret/place`); process.exitCode = 1;',
      "oci:/secret/place:latest",
    );
    assert.equal(
      message,
      "skopeo failed: line 1 of the image; line 2 of the image; line 3 of the image",
    );
  });

  it("shows no rest of a name that was cut", async () => {
    const message = await failWith(
      'process.stderr.write("x".repeat(100) + " /secret/place ".repeat(20_000) + "\\nthe reason"); process.exitCode = 1;',
      "oci:/secret/place:latest",
    );
    assert.equal(message, "skopeo failed: the reason");
  });

  it("is its exit code if one line without an end was cut", async () => {
    const message = await failWith(
      'process.stderr.write("/secret/place ".repeat(20_000)); process.exitCode = 3;',
      "oci:/secret/place:latest",
    );
    assert.equal(message, "skopeo failed: exit code 3");
  });
});
