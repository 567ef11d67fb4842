import * as pulumi from "@pulumi/pulumi";

/**
 * What the mocks of a unit test (`pulumi.runtime.setMocks`) return for a look-up, by the token
 * `astro:index:<name>`, in place of Astro. Undefined if there are no mocks.
 */
export async function askMocks<T>(name: string, args: object): Promise<T | undefined> {
  if (!hasMocks()) return undefined;
  // A program in JavaScript may pass nothing.
  const given = (args as object | undefined) ?? {};
  return (await pulumi.runtime.invoke(`astro:index:${name}`, given)) as T;
}

/** `setMocks` replaces the engine's client by an object with the mocks. */
function hasMocks(): boolean {
  const monitor: object | undefined = pulumi.runtime.getMonitor();
  return monitor !== undefined && "mocks" in monitor;
}
