// Known vulnerabilities of what the package brings to its users. Not every registry answers this.
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
  // It said nothing, or took too long.
}
const { vulnerabilities, metadata, message = "no answer" } = report;
if (metadata?.vulnerabilities === undefined) {
  console.log(`skipped: the npm registry answers no audit (${message})`);
} else {
  for (const { name, severity, range } of Object.values(vulnerabilities)) {
    console.error(`${name} ${range}: ${severity}`);
  }
  const { total } = metadata.vulnerabilities;
  console.log(`${total} known vulnerabilities in the runtime dependencies`);
  process.exitCode = total > 0 ? 1 : 0;
}
