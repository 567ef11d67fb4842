import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { packTree } from "../provider/artifact/archive/pack";
import { compare, shell } from "./compare";
import { record } from "./results";
import { fewLarge, folder, manySmall, sizes } from "./trees";

/** Packing a folder, as in a deploy: walk, digest and gzip in one pass. */
export async function benchPack(): Promise<void> {
  await against(`${sizes.files} small files`, manySmall(), 0.65);
  await against(`${sizes.mebibytes} MiB in large files`, fewLarge(), 0.5);
}

async function against(title: string, root: string, goal: number): Promise<void> {
  const theirs = join(folder(), "theirs.tar.gz");
  const ours = async () => {
    const made = await packTree(root, { prefix: "dags" });
    await made.dispose();
  };
  const what = `packing ${title}`;
  await compare(what, ours, {
    name: "`tar -czf`",
    needs: "tar",
    run: () => shell('tar -czf "$2" -C "$1" .', root, theirs),
    goal,
  });
  await compare(what, ours, {
    name: "`tar \\| pigz`",
    needs: "pigz",
    run: () => shell('tar -cf - -C "$1" . | pigz > "$2"', root, theirs),
    goal: 1.25,
  });
  const made = await packTree(root, { prefix: "dags" });
  const whole = gzipSync(gunzipSync(readFileSync(made.path))).length;
  await made.dispose();
  const reference = "the same tar in one gzip";
  record({ what: `size of ${title}`, reference, values: [made.size / whole], goal: 1.001 });
}
