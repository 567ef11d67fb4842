import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { digestTree } from "../provider/artifact/digest";
import { compare, shell } from "./compare";
import { record } from "./results";
import { fewLarge, manySmall, sizes } from "./trees";

/** Takes the files' content out of the system's memory. */
const forget = `
import os, sys
os.sync()
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        file = os.open(os.path.join(folder, name), os.O_RDONLY)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)
`;

/** Digesting a folder, as in a preview. */
export async function benchDigest(): Promise<void> {
  const small = manySmall();
  const reference = (root: string) => ({
    name: "`tar \\| sha256sum`",
    needs: "sha256sum",
    run: () => shell('tar -cf - -C "$1" . | sha256sum', root),
  });
  const title = `digest of ${sizes.files} small files`;
  await compare(title, () => digestTree(small), { ...reference(small), goal: 1.5 });
  await compare(`${title}, not in memory`, () => digestTree(small), {
    ...reference(small),
    needs: "python3",
    prepare: () => shell('python3 -c "$1" "$2"', forget, small),
    goal: 0.7,
  });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await digestTree(small);
  // Or the last wait would not be counted.
  await setTimeout(50);
  delay.disable();
  record({
    what: `the longest wait of another call in a digest of ${sizes.files} small files`,
    reference: "ms",
    values: [delay.max / 1e6],
    goal: 20,
  });
  const large = fewLarge();
  await compare(
    `digest of ${sizes.mebibytes} MiB in large files`,
    () => digestTree(large),
    reference(large),
  );
}
