import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { setting } from "./compare";
import { record } from "./results";
import { fewLarge, mebibyte } from "./trees";
import { withStore } from "./upload";

const size = setting("BENCH_MEMORY_MIB", 1024);

/** Prints how many bytes the process grows while it packs and uploads the folder. */
const script = `
  const [provider, folder, url] = process.argv.slice(1);
  const { packTree } = require(provider + "/artifact/archive/pack.ts");
  const { upload } = require(provider + "/blob/upload.ts");
  const before = process.resourceUsage().maxRSS;
  packTree(folder)
    .then((made) => upload(url, made).finally(() => made.dispose()))
    .then(() => console.log((process.resourceUsage().maxRSS - before) * 1024));
`;

/** The memory that packing and uploading need, each time in a new process. */
export async function benchMemory(): Promise<void> {
  await withStore(async (url) => {
    for (const mebibytes of [Math.ceil(size / 8), size]) {
      const grown = (await growth(fewLarge(mebibytes), url)) / mebibyte;
      record({
        what: `memory to pack and upload ${mebibytes} MiB`,
        reference: "MiB",
        values: [grown],
        goal: 80,
      });
    }
  });
}

async function growth(root: string, url: string): Promise<number> {
  const compile = ["-r", "ts-node/register/transpile-only"];
  const provider = join(__dirname, "..", "provider");
  const args = [...compile, "-e", script, provider, root, url];
  return Number((await promisify(execFile)(process.execPath, args)).stdout);
}
