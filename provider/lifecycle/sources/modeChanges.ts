import { digestEntry } from "../../artifact/digest";
import { ArtifactError } from "../../artifact/error";
import { shortDigest } from "../../artifact/summary";
import { hasUnknown } from "../inputs/unknownValue";
import type { Session } from "../session";
import { partKnown } from "./fileSource";
import { readTree } from "./sourceContent";
import type { TreeSource } from "./sources";

/**
 * The files of a source of which only the executable bit changed. A digest covers the bit and the
 * content, so it takes another look at the files that changed.
 *
 * @param olds - The digests of the files, by name, as the state holds them.
 */
export async function modeChanges(
  session: Session,
  { tree, options }: TreeSource,
  olds: Readonly<Record<string, unknown>>,
): Promise<string[]> {
  const known = tree && partKnown(tree).known;
  if (known === undefined || hasUnknown(options)) return [];
  const found: string[] = [];
  for (const { entry, digest } of (await readTree(session, known, options)).entries) {
    const { name } = entry;
    if (entry.kind === "symlink" || !Object.hasOwn(olds, name)) continue;
    if (olds[name] === shortDigest(digest)) continue;
    const flipped = { ...entry, executable: !entry.executable };
    // A file that can no longer be read is for the deploy to report.
    const digestBefore = await digestEntry(flipped, session.signal).catch((error: unknown) => {
      if (error instanceof ArtifactError) return undefined;
      throw error;
    });
    if (digestBefore && olds[name] === shortDigest(digestBefore)) found.push(name);
  }
  return found;
}
