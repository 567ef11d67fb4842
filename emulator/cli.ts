#!/usr/bin/env node
import { parseCommandLine, usage } from "./cliOptions";
import { startEmulator, type Emulator } from "./index";

async function main(): Promise<void> {
  const options = parseCommandLine(process.argv.slice(2));
  if (!options) {
    process.stdout.write(usage);
    return;
  }
  const emulator = await startEmulator(options);
  const end = () => {
    void emulator.close().then(() => process.exit(0));
  };
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  process.stdout.write(greeting(emulator));
}

function greeting(emulator: Emulator): string {
  return [
    `Astro emulator: ${emulator.url}`,
    `Organization:   ${emulator.organizationId}`,
    ...emulator.deployments.map(
      ({ id, isDagDeployEnabled }) =>
        `Deployment:     ${id} (DAG deploys ${isDagDeployEnabled ? "on" : "off"})`,
    ),
    "",
    ...Object.entries(emulator.env).map(([name, value]) => `export ${name}='${value}'`),
    "",
  ].join("\n");
}

main().catch((error: unknown) => {
  process.stderr.write(
    `astro-emulator: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
});
