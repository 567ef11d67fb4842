// What a terminal shows in the end of what a program has written to it.
import headless from "@xterm/headless";

/** A text in one style, as a terminal shows it. */
function styleOf(cell) {
  return {
    // The 16 colours that a theme has; others become the text's own.
    color: cell.isFgPalette() && cell.getFgColor() < 16 ? cell.getFgColor() : undefined,
    bold: cell.isBold() !== 0,
    dim: cell.isDim() !== 0,
    underline: cell.isUnderline() !== 0,
  };
}

/**
 * @param output - With its escape sequences.
 * @returns the lines, each a list of `{ text, color, bold, dim, underline }`, without empty ones at
 *   the end.
 */
export async function screenOf(output, columns) {
  const terminal = new headless.Terminal({ cols: columns, rows: 200, allowProposedApi: true });
  await new Promise((resolve) => terminal.write(output, resolve));
  const lines = [];
  for (let row = 0; row < terminal.buffer.active.length; row++) {
    const line = terminal.buffer.active.getLine(row);
    const runs = [];
    for (let column = 0; column < columns; column++) {
      const cell = line.getCell(column);
      if (cell.getWidth() === 0) continue;
      const style = styleOf(cell);
      const text = cell.getChars() || " ";
      const last = runs.at(-1);
      if (last && Object.keys(style).every((key) => style[key] === last[key])) last.text += text;
      else runs.push({ text, ...style });
    }
    const end = runs.at(-1);
    if (end && !end.underline) end.text = end.text.trimEnd();
    lines.push(runs.filter(({ text }) => text !== ""));
  }
  terminal.dispose();
  while (lines.length > 0 && lines.at(-1).length === 0) lines.pop();
  return lines;
}
