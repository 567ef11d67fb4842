// Runs the suite, layer by layer. Arguments are mocha's: `npm test -- test/unit --grep digest`.
import { existsSync, readFileSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, normalize, sep } from "node:path";
import { start } from "./run.mjs";
import { root, setup } from "./setup.mjs";

/** In this order; other folders of tests come after them. */
const layers = ["unit", "e2e"];
/** Runs only on request. */
const long = "long";
/** What needs little of the processor, or mostly waits, runs together. */
const runsWith = new Map(["contract", "host", "faults"].map((folder) => [folder, "unit"]));
/** The files are independent of each other. Those of the long part load the machine by themselves. */
const parallelArgs = ["--parallel", "--jobs=3", "--timeout=300000"];

const args = process.argv.slice(2);
const isPath = (arg) => normalize(arg).startsWith("test") && existsSync(join(root, arg));
const paths = args.filter(isPath).map(normalize);
const options = args.filter((arg) => !isPath(arg));

/** The chosen test files of each layer. */
function chosenFiles() {
  const chosen = new Map(layers.map((layer) => [layer, []]));
  for (const file of readdirSync(join(root, "test"), { recursive: true }).sort()) {
    if (!file.endsWith(".test.ts")) continue;
    const path = join("test", file);
    const [folder] = file.split(sep);
    const layer = runsWith.get(folder) ?? folder;
    if (paths.length === 0 ? folder === long : !paths.some((wanted) => path.startsWith(wanted)))
      continue;
    chosen.set(layer, [...(chosen.get(layer) ?? []), path]);
  }
  // The largest first: one that begins last would run alone in the end. The tables of faults are
  // small files that take minutes, in which they mostly wait.
  const size = (path) =>
    path.split(sep)[1] === "faults" ? Number.MAX_SAFE_INTEGER : statSync(join(root, path)).size;
  for (const files of chosen.values()) files.sort((one, other) => size(other) - size(one));
  return chosen;
}

function runLayer(layer, files, report) {
  const mocha = join(root, "node_modules", "mocha", "bin", "mocha.js");
  const reporter = `--reporter=${join(root, "scripts", "reporter.cjs")}`;
  const layerArgs = layer === long ? [] : parallelArgs;
  const env = { ...process.env, TEST_REPORT: report };
  return new Promise((resolve, reject) => {
    const child = start(
      process.execPath,
      [mocha, ...layerArgs, reporter, ...options, ...files],
      // No input, so that nothing waits for a person.
      { cwd: root, stdio: ["ignore", "inherit", "inherit"], env },
    );
    child.on("error", reject);
    child.on("close", resolve);
  });
}

const folder = mkdtempSync(join(tmpdir(), "astro-test-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const total = { passed: 0, failed: 0, skipped: [], failures: [] };
try {
  await setup();
  for (const [layer, files] of chosenFiles()) {
    if (files.length === 0) continue;
    const folders = new Set(files.map((file) => file.split(sep)[1]));
    console.log(`\n── ${[...folders].map((folder) => `test/${folder}`).join(", ")}`);
    const report = join(folder, `${layer}.json`);
    const code = await runLayer(layer, files, report);
    // A runner that crashed leaves no report; the other layers still run.
    const { passed, failed, skipped, failures } = existsSync(report)
      ? JSON.parse(readFileSync(report, "utf8"))
      : { passed: 0, failed: 0, skipped: [], failures: [] };
    total.passed += passed;
    // A runner that fails without a failed test has failed too.
    total.failed += failed || (code === 0 ? 0 : 1);
    total.skipped.push(...skipped);
    total.failures.push(...failures);
  }
} catch (error) {
  console.error(error.message);
  total.failed++;
}
// Once more at the end, where whoever reads only that finds it.
for (const { title, error } of total.failures) console.log(`\nfailed: ${title}\n${error}`);
for (const title of total.skipped) console.log(`skipped: ${title}`);
const skipped = total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : "";
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
