import { digestEntry } from "./digest";
import type { Entry } from "./walk";

/** 1980-01-02. What Nix (1970), zip (1980-01-01) and reproducible builds set is not later. */
const lastThatSaysNothing = Date.UTC(1980, 0, 2) / 1000;

/** tar-stream writes 31 bits. */
const lastThatFits = 2 ** 31 - 1;

/**
 * The time that an entry ships with: its own, in whole seconds, as in the official client's archive.
 *
 * Python takes a `.pyc` in a Deployment for fresh where time and size of its source are as they
 * were. So a time that says nothing is replaced by one between 1980 and 2014 that the content
 * decides: where the content changes, so does the time.
 *
 * @throws ArtifactError where the file cannot be read or is not as it was at the walk.
 */
export async function shippedTime(entry: Entry): Promise<Date> {
  const own = Math.floor(entry.mtimeMs / 1000);
  if (own > lastThatSaysNothing && own <= lastThatFits) return new Date(own * 1000);
  const chosen = (await digestEntry(entry)).readUInt32BE() >>> 2;
  return new Date((lastThatSaysNothing + 1 + chosen) * 1000);
}
