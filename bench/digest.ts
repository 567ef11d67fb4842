import { digestTree } from "../provider/artifact/digest";
import { compare, shell } from "./compare";
import { fewLarge, manySmall, sizes } from "./trees";

/** Digesting a folder, as in a preview. */
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
