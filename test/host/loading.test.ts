import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { sep } from "node:path";
import { root } from "../helpers/project";

describe("the program, when it imports the package", () => {
  it("loads a few small modules, and neither the client nor a validator", () => {
    const script = `
      require("@pulumi/pulumi");
      const before = new Set(Object.keys(require.cache));
      require("pulumi-astro-deploy");
      console.log(JSON.stringify(Object.keys(require.cache).filter((file) => !before.has(file))));
    `;
    const output = execFileSync(process.execPath, ["-e", script], { cwd: root, encoding: "utf8" });
    const loaded = (JSON.parse(output) as string[]).map((file) => file.slice(root.length));
    assert.ok(loaded.some((file) => file.endsWith(`provider${sep}astroDeploy.js`)));
    const packages = loaded.filter((file) => file.includes("node_modules"));
    const names = new Set(packages.map((file) => file.split(/[\\/]/)[2]));
    assert.deepEqual([...names], ["ignore", "fastest-levenshtein"]);
    assert.ok(loaded.length < 45, `${loaded.length} modules: ${loaded.join(", ")}`);
  });
});
