import { execFile } from "node:child_process";
import { build } from "esbuild";
import { join } from "node:path";
import { promisify } from "node:util";
import { setting } from "./compare";
import { record } from "./results";
import { fewLarge, folder, mebibyte } from "./trees";
import { withStore } from "./upload";

const size = setting("BENCH_MEMORY_MIB", 1024);

/** Prints how many bytes the process grows while it packs and uploads the folder. */
const script = `
  import { packTree } from "./artifact/archive/pack";
  import { upload } from "./blob/upload";
  const [folder, url] = process.argv.slice(2);
  const before = process.memoryUsage.rss();
  let most = before;
  // What the system keeps as the most would be what the process that started this one needed.
  const looking = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 5);
  packTree(folder)
    .then((made) => upload(url, made).finally(() => made.dispose()))
    .finally(() => clearInterval(looking))
    .then(() => console.log(most - before));
`;

/** The memory that packing and uploading need, each time in a new process. */
export async function benchMemory(): Promise<void> {
  // Without the compiler, in whose memory ours would have room.
  const program = join(folder(), "program.js");
  await build({
    stdin: { contents: script, resolveDir: join(__dirname, "..", "provider"), loader: "ts" },
    outfile: program,
    bundle: true,
    platform: "node",
  });
  await withStore(async (url) => {
    for (const mebibytes of [Math.ceil(size / 8), size]) {
      const args = [program, fewLarge(mebibytes), url];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      const grown = Number(stdout) / mebibyte;
      record({
        what: `memory to pack and upload ${mebibytes} MiB`,
        reference: "MiB",
        values: [grown],
        goal: 80,
      });
    }
  });
}
