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

/** A variable of the environment. One that is empty counts as not set: CI systems pass them so. */
export function environmentVariable(name: string): string | undefined {
  const value = process.env[name];
  return value === "" ? undefined : value;
}
