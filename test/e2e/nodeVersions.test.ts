import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "../helpers/engine";
import { skip } from "../helpers/skip";

describe("the package in a fresh project", function () {
  this.timeout(600_000);

  // One cell of `npm run matrix`: that which is furthest from where the tests run.
  it("deploys on the newest Node.js with the newest Pulumi SDK", async function () {
    if (process.platform !== "linux" || process.arch !== "x64") {
      skip(this, "the npm registry's Node.js packages are tried on Linux x64 only");
    }
    const child = spawn(process.execPath, [join(root, "scripts", "matrix.mjs"), "node26"], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    const code = await new Promise((resolve) => child.on("close", resolve));
    if (code !== 0 && /E(NOTFOUND|AI_AGAIN|CONNREFUSED|TIMEDOUT|TARGET)\b/.test(text)) {
      skip(this, "Node.js 26 and the newest SDK cannot be had from the npm registry");
    }
    assert.equal(code, 0, text);
    assert.match(text, /node26: works \(Node\.js v26\./);
  });
});
