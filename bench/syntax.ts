import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAtOnce } from "../provider/artifact/content";
import { digestEntries } from "../provider/artifact/digest";
import { findSyntaxErrors, type Script } from "../provider/syntax/findSyntaxErrors";
import { findParser } from "../provider/syntax/parser";
import { compare } from "./compare";
import { folder, sizes } from "./trees";

/** The check of the syntax of files that it has found to be good before, as in most previews. */
export async function benchSyntax(): Promise<void> {
  const parser = findParser(__dirname);
  if (!parser) throw new Error("The parser is not installed.");
  const root = folder();
  for (let index = 0; index < sizes.files; index++) {
    const below = join(root, `team_${Math.floor(index / 100)}`);
    if (index % 100 === 0) mkdirSync(below);
    writeFileSync(join(below, `dag_${index}.py`), `a = ${index}\n`.repeat(150));
  }
  const home = mkdtempSync(join(tmpdir(), "home-"));
  const { signal } = new AbortController();
  const digest = () => digestEntries(root);
  const check = async () => {
    const scripts = (await digest()).flatMap(({ entry, digest }): Script[] =>
      entry.kind === "file"
        ? [{ name: entry.name, mayBeSecret: false, digest, read: () => readAtOnce(entry) }]
        : [],
    );
    const problems = await findSyntaxErrors(scripts, { parser, home, signal });
    if (problems.length > 0) throw new Error("The files are good.");
  };
  // The process of the parser is started from the sources here, those of other benches are not.
  const { NODE_OPTIONS } = process.env;
  process.env.NODE_OPTIONS = "-r ts-node/register/transpile-only";
  try {
    await check();
    const title = `digest and check of ${sizes.files} files`;
    await compare(title, check, { name: "digest", run: digest });
  } finally {
    if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = NODE_OPTIONS;
  }
}
