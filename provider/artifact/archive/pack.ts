import { join } from "node:path";
import { writeArchive, type Archive } from "./writeArchive";
import { checkPrefix, type TreeOptions } from "../digest";
import { makeTemporaryFolder, removeTemporaryFolder } from "../../system/temporary";
import { listTree, type Tree } from "../fileMap";

/** A packed tree: a tar.gz in a temporary file that only this user may read. */
export interface Package extends Archive {
  path: string;
  /** Removes the file, which otherwise stays until the process ends. */
  dispose(): Promise<void>;
}

/**
 * Packs a tree in one walk, reading each file once, or a large one twice if its time is meaningless
 * (see {@link shippedTime}). The same content with the same times gives the same bytes: sorted
 * members, owners 0, modes 0755 or 0644 by the executable bit.
 *
 * @throws ArtifactError as `digestTree` does, without leaving a file.
 */
export async function packTree(tree: Tree, options: TreeOptions = {}): Promise<Package> {
  checkPrefix(options.prefix);
  const entries = await listTree(tree, options);
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
