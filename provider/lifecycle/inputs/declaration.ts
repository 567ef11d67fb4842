import type { FileMap } from "../../artifact/fileMap";
import type { TreeInput } from "../sources/fileSource";
import { inputsThat, type InputName } from "./table";

/**
 * The property by which the constructor tells `check` what only the program's process knows.
 * `check` takes it out again: it is in no plan, no state, and in no other call.
 */
export const declarationProperty = "__declaration";

/** The arguments without which a deploy ships nothing, and the one that may be lost for a time. */
export const watchedArgs: readonly InputName[] = [...inputsThat((facts) => facts.source), "git"];

/** What only the program's process knows of a resource. */
export interface Declaration {
  /** The resource's name, if it is known. */
  name?: string | undefined;
  /** `project/stack`, if it is known. */
  stack?: string | undefined;
  /** Tells the resources of one program apart. */
  index: number;
  /** The program's working directory: where a relative path starts. */
  folder: string;
  /** The files that the program makes, by the input that ships them. */
  files?: Partial<Record<TreeInput, FileMap>> | undefined;
  /** The watched arguments that the program gives, and gives the value `undefined`. */
  undefinedArgs: InputName[];
}

/** A declaration as it is sent: whether an argument is undefined may itself be unknown. */
export type SentDeclaration = Pick<Declaration, "name" | "stack" | "index"> & {
  folder: unknown;
  isUndefined: Partial<Record<InputName, unknown>>;
};

/** Reads what the constructor has sent. With `ignoreChanges: ["*"]` there is nothing. */
export function readDeclaration(sent: unknown): Declaration {
  const { name, stack, index, folder, isUndefined } = (sent ?? {}) as Partial<SentDeclaration>;
  return {
    name,
    stack,
    index: index ?? -1,
    folder: typeof folder === "string" ? folder : process.cwd(),
    undefinedArgs: watchedArgs.filter((arg) => isUndefined?.[arg] === true),
  };
}
