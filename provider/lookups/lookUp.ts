import * as pulumi from "@pulumi/pulumi";
import type { AstroClient } from "../astro/client";
import { sanitizeError } from "../http/redact";
import { loadSettings } from "../program/lazy";
import { requireId } from "./ids";
import { CodedError } from "../messages";

/**
 * Asks Astro for something of an Organization: that of the arguments, or else of the configuration.
 *
 * @param args - A program in JavaScript may pass nothing.
 */
export async function lookUp<Args extends { organizationId?: string | undefined }, T>(
  args: Args,
  ask: (given: Partial<Args>, client: AstroClient, organizationId: string) => Promise<T>,
): Promise<T> {
  try {
    const { programClient, programSettings } = loadSettings();
    const settings = programSettings();
    const given: Partial<Args> = { ...args };
    for (const [name, value] of Object.entries(given)) refuseOutput(name, value);
    const organizationId = requireId(
      "organizationId",
      given.organizationId ?? settings.organizationId,
    );
    return await ask(given, programClient(settings), organizationId);
  } catch (error) {
    throw sanitizeError(error);
  }
}

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

/** @throws Error if the value is an output, which only the other form of a look-up takes. */
function refuseOutput(name: string, value: unknown): void {
  if (!pulumi.Output.isInstance(value)) return;
  throw new CodedError(
    "invalid-lookup",
    `${name} is an output: use the function's form for outputs, such as getDeployOutput.`,
  );
}
