import type * as pulumi from "@pulumi/pulumi";

// In a file of its own, since the published declarations name it, and are to name no zod.

/** The arguments of a look-up with values that may not be known yet. */
export type InputsOf<T> = { [K in keyof T]: pulumi.Input<T[K]> };
