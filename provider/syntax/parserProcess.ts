/** Parses Python in a process of its own: see `ParserProcess`. */

/** What is wrong with a text, from 1; null if nothing is. */
export type Verdict = { row: number; column: number; message: string } | null;

/** What is used of the parser's interface, which is experimental. */
interface ParserModule {
  Workspace: new (
    options: object,
    encoding: number,
  ) => {
    check(text: string): { message: string; start_location: { row: number; column: number } }[];
  };
  PositionEncoding: { Utf32: number };
}

/**
 * The newest syntax, since an older one would refuse what a newer Python takes. Of the rules, those
 * for what Python itself refuses after it has parsed: `return` outside of a function (F70), a late
 * `from __future__` (F404).
 */
const options = { "target-version": "py314", lint: { select: ["F70", "F404"] } };

type Workspace = InstanceType<ParserModule["Workspace"]>;

function load(path: string): Workspace {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- only the caller knows its path
  const { Workspace, PositionEncoding } = require(path) as ParserModule;
  return new Workspace(options, PositionEncoding.Utf32);
}

function main(path: string): void {
  let workspace: Workspace | undefined;
  process.on("message", (texts: string[]) => {
    try {
      const parser = (workspace ??= load(path));
      const verdicts = texts.map((text): Verdict => {
        const [first] = parser.check(text);
        return first ? { ...first.start_location, message: first.message } : null;
      });
      process.send?.(verdicts);
    } catch (error) {
      process.send?.(`the parser failed: ${String(error)}`);
    }
  });
  process.on("disconnect", () => process.exit());
}

if (require.main === module) main(process.argv[2] ?? "");
