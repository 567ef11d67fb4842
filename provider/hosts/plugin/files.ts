import { plainSource, type FileValue } from "../../lifecycle/sources/fileForms";
import { isObject } from "../../lifecycle/sources/fileSource";
import { fileKindOf } from "./wire";

/** What the engine sends of an asset or an archive. */
interface SentFile {
  text?: string;
  path?: string;
  uri?: string;
  assets?: object;
}

/**
 * A source of the engine as `check` takes it. In TypeScript the program's own process does this, by
 * `program/files.ts`.
 */
export function sourceOfEngine(value: unknown): unknown {
  return plainSource({ read, whenKnown: (known, convert) => convert(known) }, value);
}

function read(value: unknown): FileValue | undefined {
  const kind = isObject(value) ? fileKindOf(value) : undefined;
  if (kind === undefined) return undefined;
  const { path, uri, assets, text = "" } = value as SentFile;
  if (kind === "archive") return { kind, path: path === "" ? undefined : path, assets };
  if (path) return { kind, path };
  // The engine leaves out what is empty, also a text.
  return uri ? { kind } : { kind, text };
}
