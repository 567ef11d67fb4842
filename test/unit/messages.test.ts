import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sanitizeError } from "../../provider/http/redact";
import { CodedError, messageTitles, withCode } from "../../provider/messages";
import { root } from "../helpers/project";

const codes = Object.keys(messageTitles);

describe("the codes of messages", () => {
  it("have a section each in docs/troubleshooting.md, in their order, and it has no others", () => {
    const text = readFileSync(join(root, "docs", "troubleshooting.md"), "utf8");
    const headings = [...text.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading);
    assert.deepEqual(headings, codes);
    for (const section of text.split(/^### /m).slice(1)) {
      assert.match(section, /^.*\n\n\S/, `there is no text: ${section}`);
    }
  });

  it("are all of some message", () => {
    const folder = join(root, "provider");
    const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && name !== "messages.ts")
      .map((name) => readFileSync(join(folder, name), "utf8"))
      .join();
    const unused = codes.filter((code) => !sources.includes(`"${code}"`));
    assert.deepEqual(unused, []);
  });

  it("end a message once, also of an error that several calls share", () => {
    const error = new CodedError("token-missing", "No API token.");
    for (let n = 0; n < 2; n++) {
      const shown = sanitizeError(error);
      assert.ok(shown instanceof CodedError);
      assert.equal(shown.message, "No API token. [token-missing]");
    }
    // Another resource may put it into a message of its own.
    assert.equal(error.message, "No API token.");
    assert.equal(
      withCode("2 files:\n  a.py", "syntax-error"),
      "2 files:\n  a.py\n  [syntax-error]",
    );
  });

  it("are an address, once the documentation has one", () => {
    const text = withCode("No API token.", "token-missing", "https://example.com/t");
    assert.equal(text, "No API token. See https://example.com/t#token-missing");
  });
});
