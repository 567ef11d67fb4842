/* eslint-disable @typescript-eslint/no-require-imports -- what stands here runs as text, where no import exists */
import type * as pulumi from "@pulumi/pulumi";
import type * as runtime from "./runtime";

type Methods = Record<keyof typeof runtime, (...args: unknown[]) => unknown>;

/**
 * Passes a call of the host on to the installed package.
 *
 * The SDK serializes this function and the object below into every resource's state, as text. That
 * text is what runs at every later refresh, replacement and delete, perhaps months later, on another
 * machine and with another release of this package. So it holds no path, no secret and no logic but
 * for the case that the package is not there. `createRequire` from the working directory, which the
 * host sets to the program's folder, finds a package in node_modules as well as the package whose
 * own repository the program is in; a plain `require` in a text that has no file name finds the
 * first only.
 *
 * A library that depends on this package does not make it one of the program's: pnpm keeps them
 * apart. The error says so, without a stack, which the host would print.
 *
 * Its name must be one that no global has: the SDK would take it for that global (Mocha's `run`,
 * say) and leave it out of the text.
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

/** The provider: one object for all resources of a program, as the SDK serializes each object once. */
export const stub = {
  configure: (...args: unknown[]) => callRuntime("configure", args),
  check: (...args: unknown[]) => callRuntime("check", args),
  diff: (...args: unknown[]) => callRuntime("diff", args),
  create: (...args: unknown[]) => callRuntime("create", args),
  read: (...args: unknown[]) => callRuntime("read", args),
  update: (...args: unknown[]) => callRuntime("update", args),
  delete: (...args: unknown[]) => callRuntime("delete", args),
} as unknown as pulumi.dynamic.ResourceProvider;
