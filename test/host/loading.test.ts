import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { sep } from "node:path";
import { root } from "../helpers/project";

/** The modules that a process loads for an entry of the package, after the SDK. */
function modulesOf(entry: string): string[] {
  const script = `
    require("@pulumi/pulumi");
    const before = new Set(Object.keys(require.cache));
    require(${JSON.stringify(entry)});
    console.log(JSON.stringify(Object.keys(require.cache).filter((file) => !before.has(file))));
    process.exit();
  `;
  const output = execFileSync(process.execPath, ["-e", script], { cwd: root, encoding: "utf8" });
  return (JSON.parse(output) as string[]).map((file) => file.slice(root.length));
}

describe("what a process loads of the package", () => {
  it("is a few small modules in the program, and neither the client nor a validator", () => {
    const loaded = modulesOf("pulumi-astro-deploy");
    assert.ok(loaded.some((file) => file.endsWith(`provider${sep}astroDeploy.js`)));
    const packages = loaded.filter((file) => file.includes("node_modules"));
    const names = new Set(packages.map((file) => file.split(/[\\/]/)[2]));
    assert.deepEqual([...names], ["ignore", "fastest-levenshtein"]);
    assert.ok(loaded.length < 45, `${loaded.length} modules: ${loaded.join(", ")}`);
  });

  it("is one bundle in the provider's process", () => {
    const loaded = modulesOf("pulumi-astro-deploy/runtime");
    assert.deepEqual(loaded, [["", "dist", "runtime", "index.js"].join(sep)]);
  });
});
