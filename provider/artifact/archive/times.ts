import { digestEntry } from "../digest";
import type { Entry } from "../walk";

/** 1980-01-02. Nix (1970), zip (1980-01-01) and reproducible builds set no later times. */
const lastMeaninglessTime = Date.UTC(1980, 0, 2) / 1000;

/** The largest that every program reads: 31 bits. */
const lastStorableTime = 2 ** 31 - 1;

/**
 * The time that an entry ships with: its own, in whole seconds since 1970, as in the `astro` CLI's
 * archive.
 *
 * Python considers a `.pyc` in a Deployment up to date if the time and size of its source have not
 * changed. So a meaningless time is replaced by one between 1980 and 2014 that is computed from the
 * content: if the content changes, so does the time.
 *
 * @param digest - The entry's, if it is known. Otherwise the file may be read for it.
 * @throws ArtifactError if the file cannot be read or has changed since the walk.
 */
export async function shippedTime(entry: Entry, digest?: string): Promise<number> {
  const own = Math.floor(entry.mtimeMs / 1000);
  if (own > lastMeaninglessTime && own <= lastStorableTime) return own;
  const chosen = parseInt((digest ?? (await digestEntry(entry))).slice(0, 8), 16) >>> 2;
  return lastMeaninglessTime + 1 + chosen;
}
