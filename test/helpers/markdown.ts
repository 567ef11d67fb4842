import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./project";

/** A fenced block of a page. */
export interface Block {
  /** The page and the line, as an error names them. */
  place: string;
  language: string;
  text: string;
}

/** The Markdown pages of the repository. */
export const pages = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.md"], {
  cwd: root,
  encoding: "utf8",
})
  .trim()
  .split("\n");

export function textOf(page: string): string {
  return readFileSync(join(root, page), "utf8");
}

export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let open: { indent: string; block: Block } | undefined;
  for (const [index, line] of textOf(page).split("\n").entries()) {
    const [, indent, language] = /^( *)```(.*)$/.exec(line) ?? [];
    if (indent !== undefined && language !== undefined) {
      if (open) blocks.push(open.block);
      open = open
        ? undefined
        : { indent, block: { place: `${page}:${index + 1}`, language, text: "" } };
    } else if (open) {
      open.block.text += `${line.startsWith(open.indent) ? line.slice(open.indent.length) : line}\n`;
    }
  }
  if (open) throw new Error(`${open.block.place}: the block has no end`);
  return blocks;
}

/** Whether a text has the block's lines, wherever they are indented to. */
export function isExcerpt(block: string, text: string): boolean {
  const lines = block.trimEnd().split("\n");
  const all = text.split("\n");
  return all.some((first, start) => {
    const indent = /^\s*/.exec(first)?.[0] ?? "";
    return lines.every((line, index) => {
      return all[start + index] === (line === "" ? "" : indent + line);
    });
  });
}
