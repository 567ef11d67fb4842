// Makes a description for all languages of the TSDoc of one.
import ts from "typescript";

/**
 * What only fits TypeScript, or a dynamic resource, and what the schema says instead. Each has to
 * occur, so that a sentence that is changed there is looked at here.
 */
const instead = [
  [/ Under `pulumi\.runtime\.setMocks` .*?(?=$|\n\n)/gs, ""],
  [
    "`git: undefined`, which `gitFromCheckout` returns if no commit describes the folder, does not",
    "One with an empty `commitSha`, which `gitFromCheckout` returns if no commit describes the folder, does not",
  ],
  ["; `Infinity` for the whole history", ""],
].map(([text, replacement]) => ({ text, replacement, occurs: false }));

/** The description of a declaration; empty if it has none. */
export function descriptionOf(node) {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).slice(-1);
  if (!comment) return "";
  const parts = [flowed(ts.getTextOfJSDocComment(comment.comment) ?? "")];
  for (const tag of comment.tags ?? []) {
    const text = flowed(ts.getTextOfJSDocComment(tag.comment) ?? "");
    // Examples are in examples.mjs; what is thrown is the language's own.
    if (tag.tagName.text === "defaultValue") parts.push(`Default: ${text}.`);
  }
  return replaced(parts.filter(Boolean).join("\n\n"));
}

/** Without the comment's own line breaks, except those of lists. */
function flowed(text) {
  return text
    .replace(/\{@link (\w+)\}/g, "`$1`")
    .trim()
    .split(/\n\n+/)
    .map((paragraph) => paragraph.replace(/\n(?! *- )\s*/g, " "))
    .join("\n\n");
}

function replaced(text) {
  let result = text;
  for (const rule of instead) {
    const next = result.replace(rule.text, rule.replacement);
    if (next !== result) rule.occurs = true;
    result = next;
  }
  return result.trim();
}

/** @throws Error if a sentence that the schema replaces is not there any more. */
export function assertAllOccur() {
  const missing = instead.filter(({ occurs }) => !occurs).map(({ text }) => String(text));
  if (missing.length > 0) {
    throw new Error(`No comment has ${missing.join(" and ")}: adapt scripts/schema/text.mjs.`);
  }
}
