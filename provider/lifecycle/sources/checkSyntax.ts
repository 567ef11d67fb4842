import { ArtifactError, printable } from "../../artifact/error";
import { oneLine } from "../../http/errorText";
import { findSyntaxErrors, type Script, type SyntaxProblem } from "../../syntax/findSyntaxErrors";
import { ParserError, parserPackage, parserToInstall } from "../../syntax/parser";
import type { Session } from "../session";
import { withFullStop } from "../text";
import type { Declaration } from "../inputs/declaration";
import type { TreeSource } from "./sources";
import type { DeployInputs } from "../inputs/table";
import type { CheckFailure } from "../inputs/validate";
import { unknownValue } from "../inputs/unknownValue";
import { type MessageCode } from "../../messages";

/** With more, the cause is most likely one for all, such as templates. */
const maxShown = 20;

const maxMessageLength = 200;

/**
 * Looks for DAG files that no Python can parse, as `checkSyntax` wants it. The same folder is looked
 * at once per process, and warned of once.
 */
export async function checkSyntax(
  session: Session,
  inputs: DeployInputs,
  { tree, options }: TreeSource,
  scripts: readonly Script[],
  declaration: Declaration,
): Promise<CheckFailure[]> {
  const parser = session.parser();
  const mode: string = inputs.checkSyntax ?? (parser ? "warn" : "off");
  if (mode === "off" || mode === unknownValue) return [];
  if (!parser) {
    const reason = `needs the package ${parserPackage}, which is not installed in the program's folder: run \`npm install ${parserToInstall}\` there, or set checkSyntax to "off".`;
    return [{ property: "checkSyntax", reason, code: "syntax-not-checked" }];
  }
  const { memo, home, sharedSignal: signal, reporter } = session;
  const onParse = (files: number) => {
    reporter.progress(`checking the syntax of ${files} files`);
  };
  let reason: string | undefined;
  let code: MessageCode = "syntax-error";
  try {
    const problems = await memo.once("syntax", [tree, options], () =>
      findSyntaxErrors(scripts, { parser, home, signal, onParse }),
    );
    if (problems.length > 0) reason = describe(problems);
  } catch (error) {
    if (error instanceof ArtifactError)
      return [{ property: "dags", reason: error.message, code: error.messageCode }];
    if (!(error instanceof ParserError)) throw error;
    code = error.messageCode;
    reason = `the syntax of the DAG files was not checked: ${withFullStop(error.message)}`;
  }
  if (reason === undefined) return [];
  if (mode === "error") return [{ property: "dags", reason, code }];
  const { name = "A deploy" } = declaration;
  const text = `${name}: dags: ${reason}`;
  await memo.once("syntax warning", [tree, options], () => {
    reporter.warning(text, code);
    return Promise.resolve();
  });
  return [];
}

function describe(problems: readonly SyntaxProblem[]): string {
  const count = problems.length === 1 ? "1 file" : `${problems.length} files`;
  const lines = problems.slice(0, maxShown).map(({ name, row, column, message }) => {
    const what = oneLine(message, maxMessageLength) ?? "invalid syntax";
    return `\n  ${printable(name)}, line ${row}, column ${column}: ${what}`;
  });
  const more = problems.length - maxShown;
  if (more > 0) lines.push(`\n  and ${more} more`);
  return `Python cannot parse ${count}:${lines.join("")}`;
}
