import { isUtf8 } from "node:buffer";
import type { Verdict } from "./parserProcess";

/** How the text of a Python file says its encoding, in one of its first two lines (PEP 263). */
const declaration = /^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)/;

/**
 * The text of a Python file, as Python would read it.
 *
 * @returns what Python refuses it for; undefined if it is in an encoding that is not known here.
 */
export function decodeSource(bytes: Buffer): string | NonNullable<Verdict> | undefined {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  const encoding = bytes
    .toString("latin1", 0, 1024)
    .split(/\r\n|\r|\n/, 2)
    .map((line) => declaration.exec(line)?.[1])
    .find((name) => name !== undefined);
  if (encoding !== undefined && !/^utf[-_]?8$/i.test(encoding)) {
    const name = encoding.replaceAll("_", "-");
    // Python's `latin-1` is `latin1` elsewhere.
    return decode(bytes, name) ?? decode(bytes, name.replaceAll("-", ""));
  }
  return {
    ...firstInvalid(bytes),
    message: "it is not UTF-8, and declares no other encoding",
  };
}

function decode(bytes: Buffer, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Where the first byte is that is not UTF-8. */
function firstInvalid(bytes: Buffer): { row: number; column: number } {
  let start = 0;
  for (let row = 1; ; row++) {
    const end = bytes.indexOf("\n", start);
    const line = bytes.subarray(start, end === -1 ? undefined : end);
    if (!isUtf8(line) || end === -1) {
      // What is not UTF-8 is decoded to U+FFFD.
      const column = Array.from(line.toString("utf8")).indexOf("\uFFFD") + 1;
      return { row, column: Math.max(column, 1) };
    }
    start = end + 1;
  }
}

/** Whether a line has a tag of Jinja: the file is a template and not Python. */
export function hasTemplateTag(text: string, row: number): boolean {
  const line = text.split(/\r\n|\r|\n/, row).at(-1) ?? "";
  return /\{[{%]/.test(line);
}
