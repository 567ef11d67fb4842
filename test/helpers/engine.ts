import { spawn, type ChildProcess } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

export const root = join(__dirname, "..", "..");

/** Where setup puts the CLI: the cache of the npm package `pulumi`. */
export function cliFolder(): string {
  const { version } = createRequire(__filename)("pulumi/package.json") as { version: string };
  return join(process.env.PULUMI_HOME ?? join(homedir(), ".pulumi"), "versions", version, "bin");
}

/** What a run of the CLI came to. */
export interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
  /** Both, in the order of arrival. */
  all: string;
  /** What the engine did, by resource name: `etl: replace`. Only of `up`, `preview`, `refresh`, `destroy`. */
  steps: Record<string, string>;
}

export interface StackOptions {
  /** Files of the project, by name. Without a Pulumi.yaml, one is made. */
  files: Record<string, string>;
  /** The program's main file. Default `index.js`. */
  main?: string;
  config?: Record<string, string>;
  secrets?: Record<string, string>;
  env?: Record<string, string>;
  /** Packages of this checkout that the project can import, beside `@pulumi/pulumi`. */
  packages?: string[];
}

interface EngineEvent {
  resourcePreEvent?: { metadata: { op: string; urn: string } };
}

/** A project of a stranger's: in its own folder, with this package installed by a link. */
export class Stack {
  readonly folder: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(options: StackOptions) {
    this.folder = mkdtempSync(join(tmpdir(), "astro-stack-"));
    const { main = "index.js" } = options;
    this.write("Pulumi.yaml", `name: project\nruntime: nodejs\nmain: ${main}\n`);
    this.write("package.json", JSON.stringify({ name: "project", main }));
    for (const [name, text] of Object.entries(options.files)) this.write(name, text);
    this.link("pulumi-astro-deploy", root);
    for (const name of ["@pulumi/pulumi", ...(options.packages ?? [])]) {
      this.link(name, join(root, "node_modules", name));
    }
    mkdirSync(this.path(".backend"));
    this.#env = {
      ...withoutAstro(process.env),
      PATH: `${cliFolder()}${delimiter}${process.env.PATH ?? ""}`,
      PULUMI_BACKEND_URL: `file://${this.path(".backend")}`,
      PULUMI_CONFIG_PASSPHRASE: "correct horse battery staple",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      // Makes the flag --event-log known.
      PULUMI_DEBUG_COMMANDS: "true",
      ...options.env,
    };
  }

  static async create(options: StackOptions): Promise<Stack> {
    const stack = new Stack(options);
    await stack.must("stack", "init", "dev");
    for (const [key, value] of Object.entries(options.config ?? {})) await stack.config(key, value);
    for (const [key, value] of Object.entries(options.secrets ?? {})) {
      await stack.must("config", "set", "--secret", key, value);
    }
    return stack;
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  copy(from: string, to: string): void {
    cpSync(from, this.path(to), { recursive: true });
  }

  link(name: string, target: string): void {
    const path = this.path("node_modules", name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path, "dir");
  }

  setEnv(name: string, value: string | undefined): void {
    if (value === undefined) Reflect.deleteProperty(this.#env, name);
    else this.#env[name] = value;
  }

  async config(key: string, value: string | undefined): Promise<void> {
    await (value === undefined
      ? this.must("config", "rm", key)
      : this.must("config", "set", key, value));
  }

  up(...args: string[]): Promise<Run> {
    return this.#operate("up", "--yes", "--skip-preview", ...args);
  }
  preview(...args: string[]): Promise<Run> {
    return this.#operate("preview", ...args);
  }
  refresh(...args: string[]): Promise<Run> {
    return this.#operate("refresh", "--yes", "--skip-preview", ...args);
  }
  destroy(...args: string[]): Promise<Run> {
    return this.#operate("destroy", "--yes", "--skip-preview", ...args);
  }

  /** Starts an operation that the test means to interrupt. */
  start(...args: string[]): ChildProcess {
    return this.#spawn([...args, "--non-interactive", "--color=never"]);
  }

  /** The state as the backend has it: secrets are ciphertext. */
  async state(): Promise<{ text: string; resources: StateResource[]; pending: unknown[] }> {
    const { stdout } = await this.must("stack", "export");
    const { deployment } = JSON.parse(stdout) as {
      deployment: { resources?: StateResource[]; pending_operations?: unknown[] };
    };
    return {
      text: stdout,
      resources: deployment.resources ?? [],
      pending: deployment.pending_operations ?? [],
    };
  }

  async outputs(): Promise<Record<string, unknown>> {
    const { stdout } = await this.must("stack", "output", "--json", "--show-secrets");
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  /** Runs the CLI, and throws with what it said where it fails. */
  async must(...args: string[]): Promise<Run> {
    const run = await this.run(...args);
    if (run.code !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${run.all}`);
    return run;
  }

  run(...args: string[]): Promise<Run> {
    return new Promise((resolve, reject) => {
      const child = this.#spawn([...args, "--non-interactive", "--color=never"]);
      const texts = { stdout: "", stderr: "", all: "" };
      for (const name of ["stdout", "stderr"] as const) {
        child[name]?.setEncoding("utf8").on("data", (text: string) => {
          texts[name] += text;
          texts.all += text;
        });
      }
      child.on("error", reject);
      child.on("close", (code) => {
        resolve({ code, ...texts, steps: {} });
      });
    });
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #operate(...args: string[]): Promise<Run> {
    const log = this.path(".events.json");
    rmSync(log, { force: true });
    const run = await this.run(...args, `--event-log=${log}`);
    return { ...run, steps: readSteps(log) };
  }

  #spawn(args: string[]): ChildProcess {
    return spawn(join(cliFolder(), "pulumi"), args, {
      cwd: this.folder,
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }
}

export interface StateResource {
  urn: string;
  type: string;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  initErrors?: string[];
  external?: boolean;
}

/** The operation on each resource but the stack and its providers; a replacement is one word. */
function readSteps(log: string): Record<string, string> {
  const steps: Record<string, string> = {};
  let text: string;
  try {
    text = readFileSync(log, "utf8");
  } catch {
    return steps;
  }
  for (const line of text.split("\n").filter(Boolean)) {
    const { resourcePreEvent } = JSON.parse(line) as EngineEvent;
    if (!resourcePreEvent) continue;
    const { op, urn } = resourcePreEvent.metadata;
    const name = urn.split("::").at(-1) ?? "";
    if (/::pulumi:(pulumi|providers):/.test(urn) || /^(create|delete)-replace/.test(op)) continue;
    steps[name] = op;
  }
  return steps;
}

/** The environment without what would point a test at the real Astro. */
function withoutAstro(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) => !/^(ASTRO|PULUMI)_/.test(name) || name === "PULUMI_HOME",
    ),
  );
}
