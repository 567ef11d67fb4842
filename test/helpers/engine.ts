import { spawn, type ChildProcess } from "node:child_process";
import { chownSync, cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { Project } from "./project";

export { root } from "./project";

/** Where setup puts the CLI: the cache of the npm package `pulumi`. */
export function cliFolder(): string {
  const { version } = createRequire(__filename)("pulumi/package.json") as { version: string };
  const { PULUMI_HOME: home = "" } = process.env;
  return join(home === "" ? join(homedir(), ".pulumi") : home, "versions", version, "bin");
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
  /** The folder of this package, where it is not this checkout. */
  package?: string;
  /** Whose processes the stack's are, where root says so. */
  user?: User;
}

export interface User {
  uid: number;
  gid: number;
}

interface EngineEvent {
  resourcePreEvent?: { metadata: { op: string; urn: string } };
}

/** A program in JavaScript is not to load the TypeScript compiler, in each of hundreds of processes. */
function projectOf(main: string): string {
  const runtime = main.endsWith(".js")
    ? "{ name: nodejs, options: { typescript: false } }"
    : "nodejs";
  return `name: project\nruntime: ${runtime}\nmain: ${main}\n`;
}

/** A project with a stack in a backend of its own. */
export class Stack extends Project {
  readonly #env: NodeJS.ProcessEnv;
  readonly #user: User | undefined;
  readonly #cli: string;

  private constructor(options: StackOptions) {
    const { main = "index.js" } = options;
    super(
      {
        "Pulumi.yaml": projectOf(main),
        "package.json": JSON.stringify({ name: "project", main }),
        ...options.files,
      },
      options.packages,
      options.package,
    );
    mkdirSync(this.path(".backend"));
    this.#user = options.user;
    this.#cli = cliFolder();
    if (options.user) {
      const { uid, gid } = options.user;
      // The cache is in a home that others may not enter.
      cpSync(this.#cli, this.path(".cli"), { recursive: true });
      this.#cli = this.path(".cli");
      for (const folder of [this.folder, this.path(".backend")]) chownSync(folder, uid, gid);
    }
    this.#env = {
      ...this.environment(),
      PATH: `${this.#cli}${delimiter}${process.env.PATH ?? ""}`,
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
    return this.runUnder([], ...args);
  }

  /** Runs the CLI as the command of another program, which is given with its own arguments. */
  runUnder(wrapper: readonly string[], ...args: string[]): Promise<Run> {
    return new Promise((resolve, reject) => {
      const child = this.#spawn([...args, "--non-interactive", "--color=never"], wrapper);
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

  async #operate(...args: string[]): Promise<Run> {
    const log = this.path(".events.json");
    rmSync(log, { force: true });
    const run = await this.run(...args, `--event-log=${log}`);
    return { ...run, steps: readSteps(log) };
  }

  #spawn(args: string[], wrapper: readonly string[] = []): ChildProcess {
    const [program = "", ...rest] = [...wrapper, join(this.#cli, "pulumi"), ...args];
    return spawn(program, rest, {
      ...this.#user,
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
