#!/usr/bin/env node
import { parseArgs } from "node:util";
import { messageOf } from "./http";
import { startEmulator, type DeploymentSeed, type Emulator, type EmulatorOptions } from "./index";

const usage = `Usage: astro-emulator [options]

Starts a local Astro and prints the environment variables that point a Pulumi program to it.
Ends on Ctrl+C.

  --host HOST            where to listen (default 127.0.0.1)
  --port PORT            default: any free port
  --token TOKEN          the API token to accept (default: made up)
  --organization ID      the organization (default: made up)
  --deployment ID[:KEY=VALUE,...]
                         a Deployment; may be repeated (default: one, made up). Keys:
                         dags=on|off  DAG deploys (default on)
                         cicd=on|off  CI/CD enforcement (default off)
  --dir FOLDER           keep records and uploads here over restarts (default: in memory)
  --processing-ms MS     how long a deploy takes after finalize (default 100)
  --upload-ttl SECONDS   how long an upload URL lives (default 3600)
  --registry HOST[:PORT] the image registry (default images.astronomer.cloud)
  --no-rate-limit        do not limit requests a second
  --help                 print this
`;

const switches: Record<string, boolean> = { on: true, off: false };

/**
 * Reads the command line; `undefined` stands for `--help`.
 *
 * @throws Error that names the option and what it takes.
 */
export function parseCommandLine(args: readonly string[]): EmulatorOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      host: { type: "string" },
      port: { type: "string" },
      token: { type: "string" },
      organization: { type: "string" },
      deployment: { type: "string", multiple: true },
      dir: { type: "string" },
      "processing-ms": { type: "string" },
      "upload-ttl": { type: "string" },
      registry: { type: "string" },
      "no-rate-limit": { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return undefined;
  const uploadTtl = numberOf("--upload-ttl", values["upload-ttl"]);
  return {
    host: values.host,
    port: numberOf("--port", values.port),
    token: values.token,
    organizationId: values.organization,
    deployments: values.deployment?.map(seedOf),
    dir: values.dir,
    processingMs: numberOf("--processing-ms", values["processing-ms"]),
    registry: values.registry,
    rateLimit: values["no-rate-limit"] ? false : undefined,
    behaviour: uploadTtl === undefined ? undefined : { uploadUrlTtlMs: uploadTtl * 1000 },
  };
}

function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new Error(`${option} takes a whole number, not "${text}"`);
  return Number(text);
}

function seedOf(text: string): DeploymentSeed {
  const [id = "", settings] = text.split(":", 2);
  if (!/^[\w-]+$/.test(id)) {
    throw new Error(
      `--deployment takes ID or ID:dags=off, with letters and digits for ID, not "${text}"`,
    );
  }
  const seed: DeploymentSeed = { id };
  for (const setting of settings?.split(",") ?? []) {
    const [key, value = ""] = setting.split("=", 2);
    const isOn = switches[value];
    if (key === "dags" && isOn !== undefined) {
      seed.isDagDeployEnabled = isOn;
    } else if (key === "cicd" && isOn !== undefined) {
      seed.isCicdEnforced = isOn;
    } else {
      throw new Error(
        `--deployment takes dags=on|off and cicd=on|off after the ID, not "${setting}"`,
      );
    }
  }
  return seed;
}

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

if (require.main === module) {
  main().catch((error: unknown) => {
    process.stderr.write(`astro-emulator: ${messageOf(error)}\n`);
    process.exitCode = 1;
  });
}
