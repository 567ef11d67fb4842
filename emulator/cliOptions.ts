import { parseArgs } from "node:util";
import type { EmulatorOptions } from "./options";
import type { DeploymentSeed } from "./records";

export const usage = `Usage: astro-emulator [options]

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
  const { host, token, organization, dir, registry } = values;
  const port = numberOf("--port", values.port);
  const processingMs = numberOf("--processing-ms", values["processing-ms"]);
  const uploadTtl = numberOf("--upload-ttl", values["upload-ttl"]);
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(token === undefined ? {} : { token }),
    ...(organization === undefined ? {} : { organizationId: organization }),
    ...(values.deployment ? { deployments: values.deployment.map(seedOf) } : {}),
    ...(dir === undefined ? {} : { dir }),
    ...(processingMs === undefined ? {} : { processingMs }),
    ...(uploadTtl === undefined ? {} : { behaviour: { uploadUrlTtlMs: uploadTtl * 1000 } }),
    ...(registry === undefined ? {} : { registry }),
    ...(values["no-rate-limit"] ? { rateLimit: false } : {}),
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
