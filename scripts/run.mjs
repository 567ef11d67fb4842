import { spawn } from "node:child_process";

const children = new Set();
let interrupted = false;

// The children end before this process, which can then clean up. A terminal sends SIGINT to the
// children too; other signals reach this process only. A second signal ends it immediately.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (interrupted || children.size === 0) process.exit(130);
    interrupted = true;
    if (signal !== "SIGINT") for (const child of children) child.kill(signal);
  });
}

/**
 * Starts a program that does not outlive this one.
 *
 * @throws Error if the whole command was interrupted, so that nothing more is started.
 */
export function start(command, args, options) {
  throwIfInterrupted();
  const child = spawn(command, args, options);
  children.add(child);
  for (const end of ["error", "close"]) child.on(end, () => children.delete(child));
  return child;
}

export function throwIfInterrupted() {
  if (interrupted) throw new Error("Interrupted.");
}

/**
 * Runs a command that takes a while. Shows one line with the title and the time, and the command's
 * output only if it fails.
 */
export function run(title, command, args, { cwd, env, timeoutMs } = {}) {
  return new Promise((resolve, reject) => {
    const started = Date.now();
    const output = [];
    const child = start(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      ...(timeoutMs && { timeout: timeoutMs }),
      shell: process.platform === "win32",
    });
    const progress = showProgress(title, started);
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => output.push(chunk));
    child.on("error", (error) => {
      progress.end("failed");
      reject(error);
    });
    child.on("close", (code, signal) => {
      progress.end(code === 0 ? "done" : "failed");
      if (code === 0) return resolve(Buffer.concat(output).toString());
      const lastLines = Buffer.concat(output).toString().trim().split("\n").slice(-30).join("\n");
      reject(new Error(`${title} failed (${signal ?? `exit code ${code}`}):\n${lastLines}`));
    });
  });
}

function showProgress(title, started) {
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
  if (!process.stderr.isTTY) {
    process.stderr.write(`${title} …\n`);
    return { end: (how) => process.stderr.write(`${title}: ${how} after ${seconds()}\n`) };
  }
  const show = () => process.stderr.write(`\r\x1b[K${title} … ${seconds()}`);
  show();
  const timer = setInterval(show, 1000);
  return {
    end(how) {
      clearInterval(timer);
      process.stderr.write(`\r\x1b[K${title}: ${how} after ${seconds()}\n`);
    },
  };
}
