import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { z } from "zod";
import { parse } from "../api/validation";
import { faultSchema, planSchema } from "../control/schemas";
import type { Fault } from "../faults";
import { messageOf } from "../http";
import type { EmulatorOptions, Plan } from "../options";
import { deploymentStatuses, type DeploymentSeed, type DeploymentStatus } from "../state/records";

export const usage = `Usage: astro-emulator [options] [-- command ...]

Starts a local Astro and prints the environment variables that point a Pulumi program to it, or
runs a command with them and ends with its exit code:

  astro-emulator -- pulumi up

Ends on Ctrl+C, and with the process that started it.

  --host HOST            where to listen (default 127.0.0.1)
  --port PORT            default: any free port
  --public-url URL       where clients find it, if not at HOST and PORT
  --tls-cert FILE        serve https with this certificate (PEM) ...
  --tls-key FILE         ... and its key
  --token TOKEN          the API token to accept (default: made up)
  --organization ID      the organization (default: made up)
  --deployment ID[:KEY=VALUE,...]
                         a Deployment; may be repeated (default: one, made up). Keys:
                         dags=on|off  DAG deploys (default on)
                         cicd=on|off  CI/CD enforcement (default off)
                         name=NAME, workspace=ID, runtime=VERSION, status=STATUS
  --dir FOLDER           keep records and uploads here over restarts (default: in memory)
  --processing-ms MS     how long a deploy takes after finalize (default 100)
  --upload-ttl SECONDS   how long an upload URL lives (default 3600)
  --registry HOST[:PORT] the image registry (default images.astronomer.cloud)
  --no-rate-limit        do not limit requests a second
  --now TIME             what time it is at the start, such as 2026-11-26T12:00:00Z
  --fault JSON           a fault, as POST /_emulator/faults takes it; may be repeated
  --plan JSON            how coming deploys end, as POST /_emulator/plans takes it; may be repeated

  --write-env FILE       also write the variables to FILE; its other lines stay
  --background           run in the background, and print what a shell evaluates:
                         eval "$(astro-emulator --background --parent $$)"
  --parent PID           end with this process, not with the one that started it
  --no-parent            end with no other process
  --verbose              a line for each request, on stderr
  --version              print the version
  --help                 print this
`;

/** What a command line asks for. */
export interface CommandLine {
  emulator: EmulatorOptions;
  faults: readonly Fault[];
  plans: readonly Plan[];
  /** What to run with the environment set. */
  command: readonly string[] | undefined;
  envFile: string | undefined;
  isBackground: boolean;
  isVerbose: boolean;
  /** The process to end with: by its id, the one that started this one, or none. */
  parent: number | "starter" | "none";
}

/** Not `--env-file`: Node.js 20 takes an option of that name for its own, wherever it stands. */
const options = {
  host: { type: "string" },
  port: { type: "string" },
  "public-url": { type: "string" },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  token: { type: "string" },
  organization: { type: "string" },
  deployment: { type: "string", multiple: true },
  dir: { type: "string" },
  "processing-ms": { type: "string" },
  "upload-ttl": { type: "string" },
  registry: { type: "string" },
  "no-rate-limit": { type: "boolean" },
  now: { type: "string" },
  fault: { type: "string", multiple: true },
  plan: { type: "string", multiple: true },
  "write-env": { type: "string" },
  background: { type: "boolean" },
  parent: { type: "string" },
  "no-parent": { type: "boolean" },
  verbose: { type: "boolean" },
  version: { type: "boolean" },
  help: { type: "boolean" },
} as const;

/**
 * Reads the command line.
 *
 * @throws Error that names the option and what it takes.
 */
export function parseCommandLine(args: readonly string[]): CommandLine | "help" | "version" {
  const parsed = parseArgs({ args: [...args], options, allowPositionals: true, tokens: true });
  const { values, tokens } = parsed;
  if (values.help) return "help";
  if (values.version) return "version";
  const terminator = tokens.find(({ kind }) => kind === "option-terminator")?.index;
  const stray = tokens.find(
    ({ kind, index }) => kind === "positional" && index < (terminator ?? Infinity),
  );
  if (stray) {
    const text = args[stray.index] ?? "";
    throw new Error(`"${text}" is no option; a command to run comes after "--"`);
  }
  const command = terminator === undefined ? undefined : args.slice(terminator + 1);
  if (command?.length === 0) throw new Error('"--" is followed by no command');
  if (command && values.background) {
    throw new Error("--background is for a shell that evaluates the output, not with a command");
  }
  const uploadTtl = numberOf("--upload-ttl", values["upload-ttl"]);
  const parent = numberOf("--parent", values.parent);
  return {
    emulator: {
      host: values.host,
      port: portOf(values.port),
      publicUrl: values["public-url"],
      tls: tlsOf(values["tls-cert"], values["tls-key"]),
      token: values.token,
      organizationId: values.organization,
      deployments: values.deployment?.map(seedOf),
      dir: values.dir,
      now: timeOf(values.now),
      processingMs: numberOf("--processing-ms", values["processing-ms"]),
      registry: values.registry,
      rateLimit: values["no-rate-limit"] ? false : undefined,
      behaviour: uploadTtl === undefined ? undefined : { uploadUrlTtlMs: uploadTtl * 1000 },
    },
    faults: (values.fault ?? []).map((text) => jsonOf("--fault", faultSchema, text)),
    plans: (values.plan ?? []).map((text) => jsonOf("--plan", planSchema, text)),
    command,
    envFile: values["write-env"],
    isBackground: values.background ?? false,
    isVerbose: values.verbose ?? false,
    parent: parent ?? (values["no-parent"] ? "none" : "starter"),
  };
}

function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new Error(`${option} takes a whole number, not "${text}"`);
  return Number(text);
}

function portOf(text: string | undefined): number | undefined {
  const port = numberOf("--port", text);
  if (port !== undefined && port > 65_535)
    throw new Error(`--port takes at most 65535, not ${port}`);
  return port;
}

function timeOf(text: string | undefined): string | undefined {
  if (text !== undefined && Number.isNaN(Date.parse(text))) {
    throw new Error(`--now takes a time such as 2026-11-26T12:00:00Z, not "${text}"`);
  }
  return text;
}

function jsonOf<T>(option: string, schema: z.ZodType<T>, text: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${option} takes JSON, not "${text}"`);
  }
  try {
    return parse(schema, value);
  } catch (error) {
    throw new Error(`${option}: ${messageOf(error)}`);
  }
}

function tlsOf(cert: string | undefined, key: string | undefined): EmulatorOptions["tls"] {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new Error("--tls-cert and --tls-key belong together");
  }
  return { cert: fileOf("--tls-cert", cert), key: fileOf("--tls-key", key) };
}

function fileOf(option: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`${option}: ${messageOf(error)}`);
  }
}

const switches: Record<string, boolean> = { on: true, off: false };

/** What the keys of `--deployment` set; each throws if it does not take the value. */
const settings: Record<string, (seed: DeploymentSeed, value: string) => void> = {
  dags: (seed, value) => (seed.isDagDeployEnabled = switchOf("dags", value)),
  cicd: (seed, value) => (seed.isCicdEnforced = switchOf("cicd", value)),
  name: (seed, value) => (seed.name = value),
  workspace: (seed, value) => (seed.workspaceId = value),
  runtime: (seed, value) => (seed.astroRuntimeVersion = value),
  status: (seed, value) => {
    if (!deploymentStatuses.includes(value as DeploymentStatus)) {
      throw new Error(`--deployment takes ${deploymentStatuses.join(", ")} for status`);
    }
    seed.status = value as DeploymentStatus;
  },
};

function switchOf(key: string, value: string): boolean {
  const isOn = switches[value];
  if (isOn === undefined) throw new Error(`--deployment takes ${key}=on or ${key}=off`);
  return isOn;
}

function seedOf(text: string): DeploymentSeed {
  const [, id = "", rest] = /^([\w-]*)(?::(.*))?$/.exec(text) ?? [];
  if (id === "") {
    throw new Error(
      `--deployment takes ID or ID:dags=off, with letters and digits for ID, not "${text}"`,
    );
  }
  const seed: DeploymentSeed = { id };
  for (const setting of rest?.split(",") ?? []) {
    const [, key = "", value = ""] = /^(\w+)=(.+)$/.exec(setting) ?? [];
    const set = Object.hasOwn(settings, key) ? settings[key] : undefined;
    if (!set) {
      const keys = Object.keys(settings).join(", ");
      throw new Error(`--deployment takes KEY=VALUE after the ID, not "${setting}"; keys: ${keys}`);
    }
    set(seed, value);
  }
  return seed;
}
