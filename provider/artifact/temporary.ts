import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unwritable } from "./errors";

const folders = new Set<string>();

/**
 * Makes a folder that only this user may enter. It is removed when the process exits, if
 * {@link removeTemporaryFolder} was not called before; a process that is killed leaves it behind.
 *
 * @throws ArtifactError where the system's folder for temporary files cannot be written to.
 */
export async function makeTemporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pulumi-astro-deploy-")).catch((error: unknown) => {
    throw unwritable(tmpdir(), error);
  });
  if (folders.size === 0) process.on("exit", removeAll);
  folders.add(folder);
  return folder;
}

export async function removeTemporaryFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  folders.delete(folder);
  if (folders.size === 0) process.off("exit", removeAll);
}

function removeAll(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
