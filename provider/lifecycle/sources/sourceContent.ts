import { readAtOnce } from "../../artifact/content";
import { combine, digestEntries, type TreeDigest } from "../../artifact/digest";
import type { DigestedEntry } from "../../artifact/entryDigest";
import type { Tree } from "../../artifact/fileMap";
import { ArtifactError } from "../../artifact/error";
import { maxSummaryKeys } from "../../artifact/summary";
import { isScript, type Script } from "../../syntax/findSyntaxErrors";
import type { Session } from "../session";
import type { Declaration } from "../inputs/declaration";
import { partKnown } from "./fileSource";
import type { TreeSource } from "./sources";
import type { DeployInputs } from "../inputs/table";
import { hasUnknown, unknownValue } from "../inputs/unknownValue";
import type { CheckFailure } from "../inputs/validate";

/** What a source ships, as far as it is known. */
interface SourceContent {
  /** What the inputs hold of it; each part may be unknown in a preview. Absent if it cannot ship. */
  held?: { digest: string; summary: Record<string, string> | string };
  /** What the check of the syntax looks at. None if there is no parser. */
  scripts: readonly Script[];
  failure?: CheckFailure;
}

const unknownContent = { held: { digest: unknownValue, summary: unknownValue }, scripts: [] };

/**
 * Reads what a source ships, once a process.
 *
 * @param olds - The inputs in the state.
 */
export async function readSource(
  session: Session,
  source: TreeSource,
  declaration: Declaration,
  olds: Partial<DeployInputs>,
): Promise<SourceContent> {
  const { property, tree, options } = source;
  // The engine has brought back what the state says: the content is what it was.
  if (tree === undefined) {
    const { [source.digest]: digest, [source.summary]: summary = {} } = olds;
    return { ...(digest !== undefined && { held: { digest, summary } }), scripts: [] };
  }
  const { known, unknown } = partKnown(tree);
  if (known === undefined || hasUnknown(options)) return unknownContent;
  try {
    const { digest, scripts } = await readTree(session, known, options);
    reportProject(session, declaration, property, digest);
    if (unknown.length > 0) return { held: withUnknown(digest, unknown), scripts };
    const refusal = await source.refusal(digest);
    return {
      held: digest,
      scripts,
      ...(refusal && { failure: { property, ...refusal } }),
    };
  } catch (error) {
    // Outside of a preview the engine takes no unknown value, not even beside a failure.
    if (!(error instanceof ArtifactError)) throw error;
    return { scripts: [], failure: { property, reason: error.message, code: error.messageCode } };
  }
}

/** What a tree ships, with its entries if they are few; read once a process. */
export function readTree(session: Session, known: Tree, options: TreeSource["options"]) {
  return session.memo.once("digest", [known, options], async () => {
    const entries = await digestEntries(known, { ...options, signal: session.sharedSignal });
    return {
      // Of more, the summary has digests of folders, and the entries would take much memory.
      entries: entries.length <= maxSummaryKeys ? entries : [],
      digest: await combine(entries, options.prefix),
      scripts: session.parser() ? entries.flatMap(scriptOf) : [],
    };
  });
}

/** Of very many files the keys are those of folders, which may depend on the unknown ones, too. */
function withUnknown({ files, summary }: TreeDigest, unknown: readonly string[]) {
  if (files + unknown.length > maxSummaryKeys) return unknownContent.held;
  const unknownFiles = Object.fromEntries(unknown.map((name) => [name, unknownValue]));
  return { digest: unknownValue, summary: { ...summary, ...unknownFiles } };
}

function scriptOf({ entry, digest }: DigestedEntry): Script[] {
  if (entry.kind === "symlink" || !isScript(entry.name)) return [];
  const mayBeSecret = entry.kind === "text";
  return [{ name: entry.name, digest, mayBeSecret, read: () => readAtOnce(entry) }];
}

/** Says that a folder which ships is, or holds, a Pulumi project: most likely the program's own. */
function reportProject(
  { declarations, reporter }: Session,
  declaration: Declaration,
  property: string,
  { projectFile }: TreeDigest,
): void {
  if (projectFile === undefined) return;
  declarations.reportOnce(
    declaration,
    `${property} ships a Pulumi project, with its program and stack files (${projectFile}). Name a folder without it, or exclude it.`,
    (message) => {
      reporter.warning(message, "project-shipped");
    },
  );
}
