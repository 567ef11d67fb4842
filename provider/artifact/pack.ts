import { join, resolve } from "node:path";
import { writeArchive } from "./archive";
import { checkPrefix, type TreeDigest, type TreeOptions } from "./digest";
import { makeTemporaryFolder, removeTemporaryFolder } from "./temporary";
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
  /** Removes the file. Every package must be disposed of; a second call does nothing. */
  dispose(): Promise<void>;
}

/**
 * Packs a folder in one walk and one read of each file. The same content gives the same bytes:
 * sorted members, times and owners 0, modes 0755 or 0644 by the executable bit.
 *
 * @throws ArtifactError as `digestTree` does; then no file is left behind.
 */
export async function packTree(root: string, options: TreeOptions = {}): Promise<Package> {
  checkPrefix(options.prefix);
  const entries = await walk(root, options);
  const folder = await makeTemporaryFolder();
  try {
    const path = join(folder, "package.tar.gz");
    const packed = await writeArchive(path, entries, options.prefix);
    return { path, ...packed, dispose: () => removeTemporaryFolder(folder) };
  } catch (error) {
    await removeTemporaryFolder(folder);
    throw error;
  }
}

interface Shared {
  made: Promise<Package>;
  users: number;
}

const shared = new Map<string, Shared>();

/**
 * Packs a folder as {@link packTree} does, but once a process: whoever asks for the same folder
 * with the same options, while someone else has it packed, shares that package. The file is removed
 * when the last of them has disposed of it.
 */
export async function packOnce(root: string, options: TreeOptions = {}): Promise<Package> {
  const { exclude = [], prefix = "" } = options;
  const key = JSON.stringify([resolve(root), exclude, prefix]);
  const one = shared.get(key) ?? { made: packTree(root, options), users: 0 };
  shared.set(key, one);
  one.users++;
  try {
    const made = await one.made;
    let disposed = false;
    const dispose = async () => {
      if (disposed) return;
      disposed = true;
      if (--one.users > 0) return;
      shared.delete(key);
      await made.dispose();
    };
    return { ...made, dispose };
  } catch (error) {
    // A failure is not kept: the user may mend the folder and ask again.
    if (shared.get(key) === one) shared.delete(key);
    throw error;
  }
}
