import { spawn } from "node:child_process";

/**
 * Runs a command that takes a while: one line on the terminal that says what goes on and for how
 * long, and what the command printed only if it fails.
 */
export function run(title, command, args, { cwd, env, timeoutMs } = {}) {
  return new Promise((resolve, reject) => {
    const started = Date.now();
    const output = [];
    const child = spawn(command, args, {
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
      const said = Buffer.concat(output).toString().trim().split("\n").slice(-30).join("\n");
      reject(new Error(`${title} failed (${signal ?? `exit code ${code}`}):\n${said}`));
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
