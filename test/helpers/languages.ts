import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { version } from "../../provider/version";
import { cliFolder, root, Stack, type StackOptions } from "./engine";
import { skip } from "./skip";

/** What the engine runs a program with, unless it is of TypeScript. */
export type Language = "python" | "yaml" | "go";

/** The folder of the bundled plugin, as `npm run plugin` leaves it. */
export const pluginFolder = join(root, "dist", "plugin");

/** Skips unless programs of the language run here. */
export function needsHost(test: Mocha.Context, language: Language): void {
  const host = join(cliFolder(), `pulumi-language-${language}`);
  if (!existsSync(host)) {
    skip(test, `${host} is missing (node scripts/pulumi-cli/hosts.mjs ${language})`);
  }
}

/** The environment of a program in Python with the SDK, which is made once. Skips without Python. */
export function pythonEnv(test: Mocha.Context): Record<string, string> {
  needsHost(test, "python");
  if (!hasPython()) skip(test, "Python 3.10 or newer with venv is missing");
  return pythonEnvironment();
}

/** The environment with the SDK, and with the tools that come with it. */
export function pythonEnvironment(): { VIRTUAL_ENV: string; PATH: string } {
  const script = join(root, "scripts", "python.mjs");
  const folder = execFileSync(process.execPath, [script], { encoding: "utf8" }).trim();
  return {
    VIRTUAL_ENV: folder,
    PATH: [cliFolder(), join(folder, "bin"), process.env.PATH ?? ""].join(delimiter),
  };
}

export function hasPython(): boolean {
  try {
    const check = "import sys, venv, ensurepip; assert sys.version_info >= (3, 10)";
    execFileSync("python3", ["-c", check], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** A stack whose machine has the plugin, as `pulumi plugin install` leaves it. */
export async function stackWithPlugin(options: StackOptions): Promise<Stack> {
  const stack = await Stack.create(options);
  await stack.must("plugin", "install", "resource", "astro", version, `--file=${pluginFolder}`);
  return stack;
}
