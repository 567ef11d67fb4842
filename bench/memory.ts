import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { print, rounds } from "./compare";
import { fewLarge, mebibyte, sizes } from "./trees";

/** Prints how many bytes the process grows while it packs the folder. */
const script = `
  const { packTree } = require(process.argv[1]);
  const before = process.memoryUsage().rss;
  packTree(process.argv[2])
    .then((made) => made.dispose())
    .then(() => console.log(process.resourceUsage().maxRSS * 1024 - before));
`;

/** The memory that packing needs, each time in a new process. */
export function benchMemory(): Promise<void> {
  const large = fewLarge();
  const quarter = fewLarge(Math.ceil(sizes.mebibytes / 4));
  const growths = Array.from({ length: rounds }, () => ({
    large: growth(large),
    quarter: growth(quarter),
  }));
  print(
    `memory for packing ${sizes.mebibytes} MiB / size of the folder`,
    growths.map((one) => one.large / (sizes.mebibytes * mebibyte)),
  );
  print(
    `memory for packing ${sizes.mebibytes} MiB / for a quarter of it`,
    growths.map((one) => one.large / one.quarter),
  );
  return Promise.resolve();
}

function growth(root: string): number {
  const module = join(__dirname, "..", "dist", "provider", "artifact", "pack.js");
  return Number(execFileSync(process.execPath, ["-e", script, module, root]));
}
