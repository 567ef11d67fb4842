// The whole suite, layer by layer. Arguments are mocha's: `npm test -- test/unit --grep digest`.
import { spawn } from "node:child_process";
import { readFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, setup } from "./setup.mjs";

/** End-to-end files are independent of each other and wait for processes most of the time. */
const layers = [
  { folder: "test/unit", args: [] },
  { folder: "test/contract", args: [] },
  { folder: "test/host", args: [] },
  { folder: "test/e2e", args: ["--parallel", "--jobs=3", "--timeout=300000"] },
];

const args = process.argv.slice(2);
const isPath = (arg) => arg.startsWith("test/");
const paths = args.filter(isPath);
const options = args.filter((arg) => !isPath(arg));

function filesOf(folder) {
  return readdirSync(join(root, folder), { recursive: true })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => join(folder, file))
    .filter((file) => paths.length === 0 || paths.some((path) => file.startsWith(path)))
    .sort();
}

function runLayer({ args: layerArgs }, files, report) {
  const mocha = join(root, "node_modules", "mocha", "bin", "mocha.js");
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [
        mocha,
        ...layerArgs,
        `--reporter=${join(root, "scripts", "reporter.cjs")}`,
        ...options,
        ...files,
      ],
      { cwd: root, stdio: "inherit", env: { ...process.env, TEST_REPORT: report } },
    );
    child.on("close", resolve);
  });
}

const folder = mkdtempSync(join(tmpdir(), "astro-test-"));
const total = { passed: 0, failed: 0, skipped: [] };
try {
  await setup();
  for (const layer of layers) {
    const files = filesOf(layer.folder);
    if (files.length === 0) continue;
    console.log(`\n── ${layer.folder}`);
    const report = join(folder, "report.json");
    const code = await runLayer(layer, files, report);
    const { passed, failed, skipped } = JSON.parse(readFileSync(report, "utf8"));
    total.passed += passed;
    // A runner that ends badly with no failed test has failed all the same.
    total.failed += failed || (code === 0 ? 0 : 1);
    total.skipped.push(...skipped);
    rmSync(report);
  }
} catch (error) {
  console.error(error);
  total.failed++;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const title of total.skipped) console.log(`skipped: ${title}`);
const skipped = total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : "";
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
