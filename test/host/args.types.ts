/** What the compiler takes as the files of a deploy, and what it does not: `npm run typecheck` runs it. */
import * as pulumi from "@pulumi/pulumi";
import type { AstroDeployArgs, FileMap, FileSource } from "../../provider";

const { FileArchive, AssetArchive, FileAsset, StringAsset, RemoteArchive } = pulumi.asset;
const text = pulumi.output("a = 1");
const widened: Record<string, pulumi.Output<string>> = {};

export const taken: AstroDeployArgs["dags"][] = [
  "./dags",
  text,
  new FileArchive("./dags"),
  new AssetArchive({ "a.py": new StringAsset(""), lib: new FileArchive("./lib") }),
  pulumi.output(new FileArchive("./dags")),
  { "a.py": "", "b.py": text, "c.py": new FileAsset("./c.py"), lib: new FileArchive("./lib") },
  { "a.py": text.apply((known) => new StringAsset(known)) },
  text.apply((known): FileMap => ({ "a.py": known })),
  Promise.resolve<FileSource>({ "a.py": "" }),
  widened,
  undefined,
];

export const refused: AstroDeployArgs["dags"][] = [
  // @ts-expect-error -- no number is a source
  42,
  // @ts-expect-error -- nor is a list
  ["a.py"],
  // @ts-expect-error -- a single file has no name
  new StringAsset("a = 1"),
  // @ts-expect-error -- nothing is downloaded
  new RemoteArchive("https://example.com/dags.tar.gz"),
  // @ts-expect-error -- a file is a text or an asset
  { "a.py": 42 },
];
