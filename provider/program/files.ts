import * as pulumi from "@pulumi/pulumi";
import { fileForm, folderForm, lonelyFile, remote } from "../lifecycle/inputs/fileForms";
import { isObject } from "../lifecycle/inputs/fileSource";

/**
 * Files by their names, which may have folders in them: a text, a file, or an archive for a folder.
 * Each may be an output of another resource.
 */
export type FileMap = Record<
  string,
  pulumi.Input<
    | string
    | pulumi.asset.StringAsset
    | pulumi.asset.FileAsset
    | pulumi.asset.FileArchive
    | pulumi.asset.AssetArchive
  >
>;

/**
 * What ships: a folder by its path, or files that the program makes. Not `pulumi.asset.Archive`,
 * which has no members, so that TypeScript takes any value for one.
 */
export type FileSource = string | pulumi.asset.FileArchive | pulumi.asset.AssetArchive | FileMap;

/**
 * A source as `check` takes it: its assets and archives as plain values, each of which is unknown or
 * secret by itself. As Pulumi's own they would be one value, and their texts in the state.
 */
export function plainSource(value: unknown): unknown {
  if (value instanceof Promise) return value.then(plainSource);
  if (isOutput(value)) return value.apply(plainSource);
  if (pulumi.asset.Asset.isInstance(value)) return lonelyFile;
  if (pulumi.asset.Archive.isInstance(value)) {
    const { path, assets } = value as Partial<ArchiveFields>;
    return path ?? assets?.then(plainItems) ?? remote;
  }
  return isObject(value) ? plainItems(value) : value;
}

function plainItems(files: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(files).map(([name, item]) => [name, plainItem(item)]));
}

function plainItem(value: unknown): unknown {
  if (value instanceof Promise) return value.then(plainItem);
  if (isOutput(value)) return value.apply(plainItem);
  if (pulumi.asset.Asset.isInstance(value)) return fileForm(value);
  if (pulumi.asset.Archive.isInstance(value)) {
    const { path, assets } = value as Partial<ArchiveFields>;
    return folderForm(path, assets?.then(plainItems));
  }
  return value;
}

type ArchiveFields = Pick<pulumi.asset.FileArchive, "path"> &
  Pick<pulumi.asset.AssetArchive, "assets">;

function isOutput(value: unknown): value is pulumi.Output<unknown> {
  return pulumi.Output.isInstance(value);
}
