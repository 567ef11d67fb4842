import { rmSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onExit } from "signal-exit";
import { isRunning } from "./process";
import { unwritable } from "../artifact/error";

const prefix = "pulumi-astro-deploy-";
const folders = new Set<string>();
// Also on a signal, with which the engine ends its providers.
onExit(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
let swept: Promise<void> | undefined;

/**
 * Creates a folder that only this user may enter. It is removed when the process exits, also on a
 * signal, if {@link removeTemporaryFolder} was not called before; the next process removes the
 * folders of a killed one.
 *
 * @throws ArtifactError if the system's folder for temporary files cannot be written to.
 */
export async function makeTemporaryFolder(): Promise<string> {
  swept ??= removeStale();
  await swept;
  const folder = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`)).catch(
    (error: unknown) => {
      throw unwritable(tmpdir(), error);
    },
  );
  folders.add(folder);
  return folder;
}

export async function removeTemporaryFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  folders.delete(folder);
}

/** Removes the folders of processes that have ended. Best effort: other users' folders stay. */
async function removeStale(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  const stale = names.filter((name) => {
    const pid = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : NaN;
    return !Number.isNaN(pid) && !isRunning(pid);
  });
  await Promise.all(
    stale.map((name) =>
      rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined),
    ),
  );
}
