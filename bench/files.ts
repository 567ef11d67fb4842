import { digestTree } from "../provider/artifact/digest";
import { packTree } from "../provider/artifact/archive/pack";
import { setting } from "./compare";
import { recordGrowth } from "./results";
import { manySmall } from "./trees";

const largest = setting("BENCH_MOST_FILES", 100_000);

/** The time for more and more files. */
export async function benchFiles(): Promise<void> {
  const digests: [number, number][] = [];
  const packages: [number, number][] = [];
  for (const count of [10, 1000, 100_000].filter((count) => count <= largest)) {
    const root = manySmall(count);
    await digestTree(root);
    digests.push([count, await seconds(() => digestTree(root))]);
    packages.push([count, await seconds(async () => (await packTree(root)).dispose())]);
  }
  recordGrowth({
    file: "growth-files.svg",
    title: "Digest and packing of so many files",
    unit: "files of 2 kB",
    series: [
      { name: "digest", points: digests },
      { name: "packing", points: packages },
    ],
    note: "Both grow no faster than the files do. Of the digest, most is the calls that open, read and close a file, one at a time; of the packing, gzip.",
  });
}

async function seconds(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}
