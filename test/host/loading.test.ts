import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { sep } from "node:path";
import { build } from "esbuild";
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

  it("is gRPC and the protocol in the plugin's process, until the engine knows its port", async () => {
    const main = "provider/hosts/plugin/main.ts";
    const { metafile } = await build({
      ...{ absWorkingDir: root, entryPoints: [main], outdir: "unwritten", write: false },
      ...{ bundle: true, platform: "node", logLevel: "silent", metafile: true },
    });
    const loaded = new Set([main]);
    for (const file of loaded) {
      for (const { path, kind, external } of metafile.inputs[file]?.imports ?? []) {
        if (kind !== "dynamic-import" && external !== true) loaded.add(path);
      }
    }
    const own = [...loaded].filter((file) => !file.includes("node_modules"));
    assert.deepEqual(own, [main, "provider/hosts/plugin/rpcs.ts"]);
    // What gRPC itself and the protocol are made of; the whole bundle has some 600.
    assert.ok(loaded.size < 140, `${loaded.size} modules: ${[...loaded].join(", ")}`);
  });

  it("is one bundle in the provider's process", () => {
    const loaded = modulesOf("pulumi-astro-deploy/runtime");
    assert.deepEqual(loaded, [["", "dist", "runtime", "index.js"].join(sep)]);
  });
});
