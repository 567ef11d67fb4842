import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { setting } from "./compare";
import { record } from "./results";
import { fewLarge, mebibyte } from "./trees";

const size = setting("BENCH_MEMORY_MIB", 1024);

/** Prints how many bytes the process grows while it packs the folder. */
const script = `
  const { packTree } = require(process.argv[1]);
  const before = process.resourceUsage().maxRSS;
  packTree(process.argv[2])
    .then((made) => made.dispose())
    .then(() => console.log((process.resourceUsage().maxRSS - before) * 1024));
`;

/** The memory that packing needs, each time in a new process. */
export function benchMemory(): Promise<void> {
  for (const mebibytes of [Math.ceil(size / 8), size]) {
    const grown = growth(fewLarge(mebibytes)) / mebibyte;
    record({
      what: `memory to pack ${mebibytes} MiB`,
      reference: "MiB",
      values: [grown],
      goal: 80,
    });
  }
  return Promise.resolve();
}

function growth(root: string): number {
  const compile = ["-r", "ts-node/register/transpile-only"];
  const module = join(__dirname, "..", "provider", "artifact", "pack.ts");
  return Number(execFileSync(process.execPath, [...compile, "-e", script, module, root]));
}
