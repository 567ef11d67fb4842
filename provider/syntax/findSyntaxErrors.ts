import { airflowIgnore, ignoreFileName } from "./airflowIgnore";
import { GoodFiles, keyOf } from "./goodFiles";
import { ParserProcess, type Parser } from "./parser";
import type { Verdict } from "./parserProcess";
import { decodeSource, hasTemplateTag } from "./source";

/** A file of a DAG folder that is parsed, or says which files are not. */
export interface Script {
  /** Relative to the DAG folder. */
  name: string;
  /** In hex digits; equal for equal content. */
  digest: string;
  /** Whether nothing of the content may be shown, or kept by a digest. */
  mayBeSecret: boolean;
  /** Reads the content. */
  read(): Buffer;
}

/** Where a file has something that Python cannot parse. */
export interface SyntaxProblem extends NonNullable<Verdict> {
  name: string;
}

/** Whether a file is of interest here. */
export function isScript(name: string): boolean {
  return name.endsWith(".py") || isIgnoreFile(name);
}

function isIgnoreFile(name: string): boolean {
  return name === ignoreFileName || name.endsWith(`/${ignoreFileName}`);
}

interface SyntaxOptions {
  parser: Parser;
  /** The folder in which Pulumi keeps what is this machine's own. */
  home: string;
  signal: AbortSignal;
  /** Called before so many files are parsed, if there are some. */
  onParse?: (files: number) => void;
}

/** How much the parser is given at a time, in characters. */
const batchSize = 1024 * 1024;

/**
 * Finds the Python files that no Python can parse, in the order of the scripts. Left out are those
 * that Airflow ignores, and templates. Only what is not known to be good is read and parsed; if
 * that is nothing, no process is started.
 *
 * @throws ParserError if the parser fails.
 * @throws what `read` throws.
 */
export async function findSyntaxErrors(
  scripts: readonly Script[],
  { parser, home, signal, onParse }: SyntaxOptions,
): Promise<SyntaxProblem[]> {
  const isIgnored = airflowIgnore(
    new Map(
      scripts
        .filter(({ name }) => isIgnoreFile(name))
        .map((script) => [folderOf(script.name), script.read().toString("utf8")]),
    ),
  );
  const goodFiles = new GoodFiles(home, parser.version);
  const known = await goodFiles.load();
  const unknown = scripts.filter(
    ({ name, digest }) => !isIgnoreFile(name) && !known.has(keyOf(digest)) && !isIgnored(name),
  );
  if (unknown.length === 0) return [];
  onParse?.(unknown.length);

  const problems: SyntaxProblem[] = [];
  const good: string[] = [];
  const running = new ParserProcess(parser);
  try {
    for (const batch of batches(unknown)) {
      const texts = batch.map(({ text }) => (typeof text === "string" ? text : ""));
      const verdicts = await running.parse(texts, signal);
      for (const [index, { script, text }] of batch.entries()) {
        const verdict = typeof text === "string" ? verdicts[index] : text;
        const { name, digest, mayBeSecret } = script;
        if (!verdict) {
          if (!mayBeSecret) good.push(keyOf(digest));
        } else if (typeof text !== "string" || !hasTemplateTag(text, verdict.row)) {
          problems.push({ name, ...verdict, ...(mayBeSecret && { message: "invalid syntax" }) });
        }
      }
    }
  } finally {
    running.end();
  }
  await goodFiles.add(good);
  return problems;
}

interface Source {
  script: Script;
  text: ReturnType<typeof decodeSource>;
}

/** Reads the scripts, some at a time. */
function* batches(scripts: readonly Script[]): Generator<Source[]> {
  let batch: Source[] = [];
  let size = 0;
  for (const script of scripts) {
    const text = decodeSource(script.read());
    batch.push({ script, text });
    size += typeof text === "string" ? text.length : 0;
    if (size >= batchSize) {
      yield batch;
      batch = [];
      size = 0;
    }
  }
  if (batch.length > 0) yield batch;
}

function folderOf(name: string): string {
  return name.slice(0, Math.max(name.lastIndexOf("/"), 0));
}
