import * as pulumi from "@pulumi/pulumi";
import { plainSource, type FileValue } from "../lifecycle/sources/fileForms";

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

/** A source of the program as `check` takes it. As Pulumi's own values, its texts would be in the state. */
export function sourceOfProgram(value: unknown): unknown {
  return plainSource({ read, whenKnown }, value);
}

function read(value: unknown): FileValue | undefined {
  if (pulumi.asset.Asset.isInstance(value)) {
    const { text, path } = value as Partial<pulumi.asset.StringAsset & pulumi.asset.FileAsset>;
    return { kind: "asset", text, path };
  }
  if (pulumi.asset.Archive.isInstance(value)) {
    const { path, assets } = value as Partial<pulumi.asset.FileArchive & pulumi.asset.AssetArchive>;
    return { kind: "archive", path, assets };
  }
  return undefined;
}

function whenKnown(value: unknown, convert: (value: unknown) => unknown): unknown {
  // What comes may itself come later.
  const next = (known: unknown) => whenKnown(known, convert);
  if (value instanceof Promise) return value.then(next);
  return pulumi.Output.isInstance(value) ? value.apply(next) : convert(value);
}
