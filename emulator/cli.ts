#!/usr/bin/env node
import { parseCommandLine, usage, type CommandLine } from "./cli/arguments";
import { report, startInBackground } from "./cli/background";
import { runCommand } from "./cli/command";
import { writeEnvFile } from "./cli/environment";
import { greeting } from "./cli/greeting";
import { whenToEnd } from "./cli/lifetime";
import { requestLine } from "./cli/requestLine";
import { messageOf } from "./http";
import { startEmulator } from "./index";
import { packageVersion } from "./package";

async function main(args: readonly string[]): Promise<void> {
  const line = parseCommandLine(args);
  if (line === "help") process.stdout.write(usage);
  else if (line === "version") process.stdout.write(`${packageVersion()}\n`);
  else if (line.isBackground) {
    process.stdout.write(await startInBackground(__filename, args, line));
  } else await serve(line);
}

async function serve(line: CommandLine): Promise<void> {
  const { emulator: options, command, envFile, isVerbose, parent } = line;
  const emulator = await startEmulator(options);
  for (const fault of line.faults) emulator.fail(fault);
  for (const plan of line.plans) emulator.plan(plan);
  if (isVerbose) {
    emulator.onAnswer((request) => process.stderr.write(`${requestLine(request)}\n`));
  }
  if (envFile !== undefined) await writeEnvFile(envFile, emulator.env);
  const end = async (code: number) => {
    await emulator.close();
    process.exit(code);
  };
  if (command) {
    // The command's output is its own.
    process.stderr.write(`astro-emulator: ${emulator.url}\n`);
    const running = runCommand(command, emulator.env);
    whenToEnd(parent, running.signal);
    await end(await running.ended);
    return;
  }
  whenToEnd(parent, () => void end(0));
  process.stdout.write(greeting(emulator, options.host));
  report({ env: emulator.env });
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    const problem = messageOf(error);
    process.stderr.write(`astro-emulator: ${problem}\n`);
    report({ problem });
    process.exitCode = 1;
  });
}
