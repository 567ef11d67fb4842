import { digestTree } from "../provider/artifact/digest";
import { compare, shell } from "./compare";
import { fewLarge, manySmall, sizes } from "./trees";

/** What a preview does with a folder. */
export async function benchDigest(): Promise<void> {
  const against = (title: string, root: string) =>
    compare(`digest of ${title}`, () => digestTree(root), {
      name: "tar | sha256sum",
      needs: "sha256sum",
      run: () => shell('tar -cf - -C "$1" . | sha256sum', root),
    });
  await against(`${sizes.files} small files`, manySmall());
  await against(`${sizes.mebibytes} MiB in large files`, fewLarge());
}
