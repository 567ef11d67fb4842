import type * as pulumi from "@pulumi/pulumi";
import { outputNames, type OutputName } from "../lifecycle/outputs";

/** The SDK creates only the outputs that the constructor names, even without a value. */
export const noOutputs = Object.fromEntries(outputNames.map((name) => [name, undefined]));

/** Makes undefined what is absent: in the state, it is null. */
export function nullsToUndefined(resource: pulumi.Resource): void {
  const outputs = resource as unknown as Record<OutputName, pulumi.Output<unknown>>;
  for (const name of outputNames)
    outputs[name] = outputs[name].apply((value) => value ?? undefined);
}
