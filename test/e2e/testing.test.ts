import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "../helpers/engine";

describe("the example of a program's tests", function () {
  this.timeout(600_000);

  it("passes with mocha, jest and vitest under mocks, and against a local Astro", async () => {
    // The CLI is that of the checkout's npm packages, in the home where setup has put it.
    const settings = /^(ASTRO|PULUMI)_(?!HOME$)/;
    const env = Object.entries(process.env).filter(([name]) => !settings.test(name));
    const child = spawn("npm", ["test"], {
      cwd: join(root, "examples", "testing"),
      env: { ...Object.fromEntries(env), PULUMI_SKIP_UPDATE_CHECK: "true", NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    const code = await new Promise((resolve) => child.on("close", resolve));
    assert.equal(code, 0, text);
    for (const passed of [
      /the program, under mocha[^]* 1 passing/,
      /Tests: +1 passed, 1 total/,
      /Tests +1 passed \(1\)/,
      /the program, against a local Astro[^]* 2 passing/,
    ]) {
      assert.match(text, passed);
    }
  });
});
