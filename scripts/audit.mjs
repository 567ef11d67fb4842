// Lists known vulnerabilities of the runtime dependencies. Not every registry supports this.
import { spawnSync } from "node:child_process";
import { root } from "./setup.mjs";

const { stdout } = spawnSync("npm", ["audit", "--omit=dev", "--workspaces=false", "--json"], {
  cwd: root,
  encoding: "utf8",
  timeout: 60_000,
});
let report = {};
try {
  report = JSON.parse(stdout);
} catch {
  // No output, or a timeout.
}
const { vulnerabilities, metadata, message = "no response" } = report;
if (metadata?.vulnerabilities === undefined) {
  console.log(`skipped: the npm registry does not support audits (${message})`);
} else {
  for (const { name, severity, range } of Object.values(vulnerabilities)) {
    console.error(`${name} ${range}: ${severity}`);
  }
  const { total } = metadata.vulnerabilities;
  console.log(`${total} known vulnerabilities in the runtime dependencies`);
  process.exitCode = total > 0 ? 1 : 0;
}
