import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join, sep } from "node:path";
import { build } from "esbuild";
import { storedFingerprint } from "../../provider/lifecycle/inputs/fingerprint";
import type { DeployInputs } from "../../provider/lifecycle/inputs/table";
import { root } from "../helpers/project";

/**
 * What a process finds after loading the SDK and an entry of the package.
 *
 * @param use - What it does with `entry`. Of the modules loaded by then, `loaded()` are those of the
 *   entry, relative to the root.
 */
function inProcess(entry: string, use: string): unknown {
  const script = `(async () => {
    require("@pulumi/pulumi");
    const before = new Set(Object.keys(require.cache));
    const loaded = () => Object.keys(require.cache)
      .filter((file) => !before.has(file))
      .map((file) => file.slice(${root.length + 1}));
    const entry = require(${JSON.stringify(entry)});
    const found = await (async () => { ${use} })();
    console.log(JSON.stringify(found));
    process.exit();
  })()`;
  return JSON.parse(
    execFileSync(process.execPath, ["-e", script], { cwd: root, encoding: "utf8" }),
  );
}

describe("what a process loads of the package", () => {
  it("is one file in the program, with what stays apart, and no package", () => {
    const [name, loaded] = inProcess(
      "pulumi-astro-deploy",
      "return [entry.AstroDeploy.name, loaded()];",
    ) as [string, string[]];
    // As errors and the console call it.
    assert.equal(name, "AstroDeploy");
    assert.deepEqual(loaded.map((file) => file.split(sep).slice(1).join("/")).sort(), [
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
    const runtime = "pulumi-astro-deploy/runtime";
    const check = `entry.check({}, ${JSON.stringify(args)})`;
    const first = inProcess(runtime, `return ${check};`) as {
      inputs: DeployInputs;
      failures: unknown[];
    };
    assert.deepEqual(first.failures, []);
    const fingerprint = storedFingerprint(first.inputs);
    const state = JSON.stringify({ ...first.inputs, status: "DEPLOYED", fingerprint });
    const [changes, loaded] = inProcess(
      runtime,
      `const { inputs } = await ${check};
      const { changes } = await entry.diff("deploy", ${state}, inputs);
      return [changes, loaded()];`,
    ) as [boolean, string[]];
    assert.equal(changes, false);
    const bundle = ["dist", "runtime", "index.js"].join(sep);
    assert.deepEqual(loaded, [bundle]);
    // Half of the time that it takes is for compiling it.
    const { size } = statSync(join(root, bundle));
    assert.ok(size < 300_000, `${size} bytes`);
  });
});
