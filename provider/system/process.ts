import { connect } from "node:net";

/** Whether a process with this id runs on this machine. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It runs, for another user.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The environment for programs of others: without what configures this package and Pulumi. */
export function childEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(ASTRO|PULUMI)_/.test(name)),
  );
}

/** Whether nothing listens there any more. Any other difficulty counts as no. */
export function hasEnded(address: string): Promise<boolean> {
  const colon = address.lastIndexOf(":");
  return new Promise((resolve) => {
    const socket = connect({
      host: address.slice(0, colon),
      port: Number(address.slice(colon + 1)),
      timeout: 1000,
    });
    const answer = (ended: boolean) => {
      socket.destroy();
      resolve(ended);
    };
    socket.once("connect", () => {
      answer(false);
    });
    socket.once("timeout", () => {
      answer(false);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      answer(error.code === "ECONNREFUSED");
    });
  });
}

/** A variable of the environment. One that is empty counts as not set: CI systems pass them so. */
export function environmentVariable(name: string): string | undefined {
  const value = process.env[name];
  return value === "" ? undefined : value;
}
