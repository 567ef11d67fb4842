import {
  fileForm,
  folderForm,
  lonelyFile,
  remote,
  type AssetFields,
} from "../../lifecycle/inputs/fileForms";
import { isObject } from "../../lifecycle/inputs/fileSource";
import { kindOf } from "./wire";

/**
 * A source as `check` takes it, made of what the engine sends: a path, an asset or archive, or a map
 * of them. In TypeScript the program's own process does this, by `program/files.ts`.
 */
export function plainSource(value: unknown): unknown {
  if (!isObject(value)) return value;
  const kind = kindOf(value);
  if (kind === "asset") return lonelyFile;
  if (kind === undefined) return plainItems(value);
  const { path, assets } = value as ArchiveFields;
  if (path) return path;
  return assets === undefined ? remote : plainItems(assets);
}

interface ArchiveFields {
  path?: string | undefined;
  assets?: object | undefined;
}

function plainItems(files: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(files).map(([name, item]) => [name, plainItem(item)]));
}

function plainItem(value: unknown): unknown {
  const kind = isObject(value) ? kindOf(value) : undefined;
  if (kind === undefined) return value;
  if (kind === "asset") return fileForm(assetFields(value as SentAsset));
  const { path, assets } = value as ArchiveFields;
  return folderForm(path, assets && plainItems(assets));
}

type SentAsset = AssetFields & { uri?: string };

/** The engine leaves out what is empty, also a text. */
function assetFields({ path, uri, text = "" }: SentAsset): AssetFields {
  if (path) return { path };
  return uri ? {} : { text };
}
