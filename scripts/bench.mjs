// Compares with other programs that do the same work. Arguments choose: `npm run bench -- pack`.
import { join } from "node:path";
import { start } from "./run.mjs";
import { root, setup } from "./setup.mjs";

try {
  await setup();
  const main = join(root, "bench", "index.ts");
  const args = ["-r", "ts-node/register/transpile-only", main, ...process.argv.slice(2)];
  // All servers are on this machine.
  const env = { ...process.env, NO_PROXY: "127.0.0.1,localhost", no_proxy: "127.0.0.1,localhost" };
  process.exitCode = await new Promise((resolve, reject) => {
    const child = start(process.execPath, args, {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
      env,
    });
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
