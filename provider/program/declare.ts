import * as pulumi from "@pulumi/pulumi";
import {
  declarationProperty,
  watchedArgs,
  type SentDeclaration,
} from "../lifecycle/inputs/declaration";
import { treeInputs } from "../lifecycle/sources/fileSource";
import type { InputName } from "../lifecycle/inputs/table";
import { withCode } from "../messages";
import { sourceOfProgram } from "./files";

type Args = Partial<Record<InputName, unknown>>;

let count = 0;

/**
 * What the constructor sends in addition to the program's own arguments, since `check` cannot see
 * it: the SDK omits an argument that is undefined, and the provider is another process.
 */
export function declare(name: string, args: Args): Record<string, unknown> {
  // A program in JavaScript may pass anything.
  if (typeof args !== "object" || (args as unknown) === null) {
    const message = `${name}: the arguments are missing: a resource takes its name, and an object with deploymentId and type.`;
    throw new pulumi.RunError(withCode(message, "missing-input"));
  }
  const isUndefined = Object.fromEntries(
    watchedArgs.filter((arg) => arg in args).map((arg) => [arg, resolvesToUndefined(args[arg])]),
  );
  const declaration: SentDeclaration = {
    name,
    stack: `${pulumi.getProject()}/${pulumi.getStack()}`,
    index: count++,
    // A refresh that runs the program writes it into the engine's event log before `check`.
    folder: pulumi.secret(process.cwd()),
    isUndefined,
  };
  return { ...keptSecret(args), ...plainSources(args), [declarationProperty]: declaration };
}

/**
 * The sources as plain values. The digests of what is secret are secrets, too: a short text could be
 * guessed by them. `check` computes them, and the engine keeps them as secret as they are sent.
 */
function plainSources(args: Args): Args {
  const sources = treeInputs.filter((name) => name in args && typeof args[name] !== "string");
  return Object.assign(
    {},
    ...sources.map((name) => {
      const plain = sourceOfProgram(args[name]);
      const mark = (pulumi.output(plain) as pulumi.Output<unknown>).apply(() => null);
      return { [name]: plain, [`${name}Digest`]: mark, [`${name}Files`]: mark };
    }),
  ) as Args;
}

/**
 * The engine keeps an input secret if the program sent one of that name as a secret. A commit that
 * is undefined this time stays as it was, and may have been secret: so it is sent as a secret null.
 */
function keptSecret(args: Args): Args {
  if (!("git" in args)) return {};
  const { git } = args;
  if (git === undefined) return { git: pulumi.secret(null) };
  if (!isDeferred(git)) return {};
  const kept = (value: unknown) => (value === undefined ? pulumi.secret(null) : value);
  return { git: (pulumi.output(git) as pulumi.Output<unknown>).apply(kept) };
}

/** Never a secret, even for a secret value: it only says whether there is a value. */
function resolvesToUndefined(value: unknown): pulumi.Input<boolean> {
  if (!isDeferred(value)) return value === undefined;
  const isUndefined = (known: unknown) => known === undefined;
  return pulumi.unsecret((pulumi.output(value) as pulumi.Output<unknown>).apply(isUndefined));
}

function isDeferred(value: unknown): boolean {
  return pulumi.Output.isInstance(value) || value instanceof Promise;
}
