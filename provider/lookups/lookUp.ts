import * as pulumi from "@pulumi/pulumi";
import type { AstroClient } from "../astro/client";
import { sanitizeError } from "../http/redact";
import { programClient, programSettings } from "../program/settings";
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

/** @throws Error if the value is an output, which only the other form of a look-up takes. */
function refuseOutput(name: string, value: unknown): void {
  if (!pulumi.Output.isInstance(value)) return;
  throw new CodedError(
    "invalid-lookup",
    `${name} is an output: use the function's form for outputs, such as getDeployOutput.`,
  );
}
