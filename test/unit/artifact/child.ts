import { execFileSync } from "node:child_process";
import { join } from "node:path";

const project = join(__dirname, "../../..");

/**
 * Runs a script in a process of its own, in another working directory. Inside it, `load("digest")`
 * gives a module of `provider/artifact`. The wrapper is a command that runs the process.
 *
 * @returns what it printed.
 */
export function runScript(
  script: string,
  environment: Record<string, string> = {},
  wrapper: string[] = [],
): string {
  const artifact = join(project, "provider/artifact");
  const [command, ...args] = [
    ...wrapper,
    process.execPath,
    "-r",
    require.resolve("ts-node/register/transpile-only"),
    "-e",
    `const load = (name) => require(${JSON.stringify(`${artifact}/`)} + name);\n${script}`,
  ];
  const printed = execFileSync(command, args, {
    cwd: "/",
    env: { ...process.env, TS_NODE_PROJECT: join(project, "tsconfig.json"), ...environment },
  });
  return printed.toString();
}
