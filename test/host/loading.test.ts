import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join, sep } from "node:path";
import { build } from "esbuild";
import { root } from "../helpers/project";

/**
 * The modules that a process loads for an entry of the package, after the SDK.
 *
 * @param use - What it does with `entry`.
 */
function modulesOf(entry: string, use = ""): string[] {
  const script = `(async () => {
    require("@pulumi/pulumi");
    const before = new Set(Object.keys(require.cache));
    const entry = require(${JSON.stringify(entry)});
    ${use}
    console.log(JSON.stringify(Object.keys(require.cache).filter((file) => !before.has(file))));
    process.exit();
  })()`;
  const output = execFileSync(process.execPath, ["-e", script], { cwd: root, encoding: "utf8" });
  return (JSON.parse(output) as string[]).map((file) => file.slice(root.length));
}

describe("what a process loads of the package", () => {
  it("is one file in the program, with what stays apart, and no package", () => {
    const loaded = modulesOf(
      "pulumi-astro-deploy",
      // As errors and the console call it.
      `if (entry.AstroDeploy.name !== "AstroDeploy") throw new Error(entry.AstroDeploy.name);`,
    );
    assert.deepEqual(loaded.map((file) => file.split(sep).slice(2).join("/")).sort(), [
      "provider/hosts/dynamic/stub.js",
      "provider/index.js",
      "provider/lifecycle/parts.js",
      "provider/messages.js",
      "provider/program/duplicates.js",
    ]);
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

  it("is one bundle in the provider's process, without the client, in a preview of what is unchanged", () => {
    const dags = "examples/quickstart/dags";
    const args = { organizationId: "org", deploymentId: "dep", type: "DAG_ONLY", dags };
    const loaded = modulesOf(
      "pulumi-astro-deploy/runtime",
      `const { inputs, failures } = await entry.check({}, ${JSON.stringify(args)});
      if (failures.length > 0) throw new Error(failures[0].reason);
      await entry.diff("deploy", { ...inputs, status: "DEPLOYED", fingerprint: {} }, inputs);`,
    );
    const bundle = ["dist", "runtime", "index.js"].join(sep);
    assert.deepEqual(loaded, [sep + bundle]);
    // Half of the time that it takes is for compiling it.
    const { size } = statSync(join(root, bundle));
    assert.ok(size < 300_000, `${size} bytes`);
  });
});
