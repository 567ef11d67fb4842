/* eslint-disable @typescript-eslint/no-require-imports -- this code runs as text, where no import exists */
import type * as pulumi from "@pulumi/pulumi";
import type * as runtime from "./runtime";

type Methods = Record<keyof typeof runtime, (...args: unknown[]) => unknown>;

/**
 * Forwards a call of the host to the installed package.
 *
 * The SDK serializes this function and the object below into every resource's state, as text. That
 * text runs at every later refresh, replacement and delete, perhaps months later, on another
 * machine and with another release of this package. So it contains no path, no secret and no logic,
 * except for a package that is not installed. `createRequire` from the working directory, which the
 * host sets to the program's folder, finds a package in node_modules and also the package in whose
 * own repository the program is; a plain `require` in a text without a file name finds only the
 * first.
 *
 * If only a library of the program depends on this package, pnpm does not install it for the
 * program. The error says so, without a stack, which the host would print.
 *
 * No global may have the same name (for example Mocha's `run`): the SDK would leave the function
 * out of the text.
 */
const callRuntime = (method: keyof Methods, args: unknown[]) => {
  const { createRequire } = require("module") as typeof import("node:module");
  let methods: Methods;
  try {
    methods = createRequire(process.cwd() + "/_")("pulumi-astro-deploy/runtime") as Methods;
  } catch (error) {
    const { message } = error as Error;
    if (!message.startsWith("Cannot find module 'pulumi-astro-deploy/runtime'")) throw error;
    const missing = new Error(
      `pulumi-astro-deploy is not installed in the program's folder (${process.cwd()}): add it to the package.json there, even if only a library of the program's uses it, and install; Pulumi loads it from there, for refresh and destroy too.`,
    );
    missing.stack = "";
    throw missing;
  }
  return methods[method](...args);
};

/** The provider, one object for all resources of a program: the SDK serializes each object once. */
export const stub = {
  configure: (...args: unknown[]) => callRuntime("configure", args),
  check: (...args: unknown[]) => callRuntime("check", args),
  diff: (...args: unknown[]) => callRuntime("diff", args),
  create: (...args: unknown[]) => callRuntime("create", args),
  read: (...args: unknown[]) => callRuntime("read", args),
  update: (...args: unknown[]) => callRuntime("update", args),
  delete: (...args: unknown[]) => callRuntime("delete", args),
} as unknown as pulumi.dynamic.ResourceProvider;
