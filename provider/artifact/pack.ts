import { join } from "node:path";
import { writeArchive } from "./archive";
import { checkPrefix, type TreeDigest, type TreeOptions } from "./digest";
import { makeTemporaryFolder, removeTemporaryFolder } from "../system/temporary";
import { walk } from "./walk";

/** A packed folder: a tar.gz in a temporary file that only this user may read. */
export interface Package {
  path: string;
  /** Of the tar.gz, in bytes. */
  size: number;
  /** Of the tar.gz, in base64: what `Content-MD5` takes. */
  md5: string;
  /** Of the content, as `digestTree` has it. */
  digest: TreeDigest;
  /** Removes the file, which else stays until the process ends. */
  dispose(): Promise<void>;
}

/**
 * Packs a folder in one walk and one read of each file, two where its time says nothing. The same
 * content with the same times gives the same bytes: sorted members, owners 0, modes 0755 or 0644 by
 * the executable bit.
 *
 * @throws ArtifactError as `digestTree` does; then no file is left behind.
 */
export async function packTree(root: string, options: TreeOptions = {}): Promise<Package> {
  checkPrefix(options.prefix);
  const entries = await walk(root, options);
  const folder = await makeTemporaryFolder();
  try {
    const path = join(folder, "package.tar.gz");
    const packed = await writeArchive(path, entries, options.prefix, options.signal);
    return { path, ...packed, dispose: () => removeTemporaryFolder(folder) };
  } catch (error) {
    await removeTemporaryFolder(folder);
    throw error;
  }
}
