import { statSync } from "node:fs";
import { join } from "node:path";
import { packTree } from "../provider/artifact/pack";
import { compare, print, shell } from "./compare";
import { fewLarge, folder, manySmall, sizes } from "./trees";

/** Packing a folder, as in a deploy: walk, digest and gzip in one pass. */
export async function benchPack(): Promise<void> {
  await against(`${sizes.files} small files`, manySmall());
  await against(`${sizes.mebibytes} MiB in large files`, fewLarge());
}

async function against(title: string, root: string): Promise<void> {
  const theirs = join(folder(), "theirs.tar.gz");
  let size = 0;
  const ours = async () => {
    const made = await packTree(root, { prefix: "dags" });
    ({ size } = made);
    await made.dispose();
  };
  await compare(`packing ${title}`, ours, {
    name: "tar -czf",
    needs: "tar",
    run: () => shell('tar -czf "$2" -C "$1" .', root, theirs),
  });
  const { size: theirSize = NaN } = statSync(theirs, { throwIfNoEntry: false }) ?? {};
  if (theirSize > 0) print(`size of the archive of ${title} / tar -czf`, [size / theirSize]);
}
