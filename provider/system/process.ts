import { connect } from "node:net";

/** Whether a process with this id runs on this machine. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It runs as another user.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The environment for child processes, without the variables of this package and of Pulumi. */
export function childEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(ASTRO|PULUMI)_/.test(name)),
  );
}

/** Whether nothing listens at `host:port` any more. False on any other error. */
export function hasEnded(address: string): Promise<boolean> {
  const colon = address.lastIndexOf(":");
  return new Promise((resolve) => {
    const socket = connect({
      host: address.slice(0, colon),
      port: Number(address.slice(colon + 1)),
      timeout: 1000,
    });
    const settle = (ended: boolean) => {
      socket.destroy();
      resolve(ended);
    };
    socket.once("connect", () => {
      settle(false);
    });
    socket.once("timeout", () => {
      settle(false);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      settle(error.code === "ECONNREFUSED");
    });
  });
}

/**
 * An environment variable. An empty one counts as not set: CI systems pass missing values that way.
 */
export function environmentVariable(name: string): string | undefined {
  const value = process.env[name];
  return value === "" ? undefined : value;
}
