import assert from "node:assert/strict";
import { mapLimited } from "../../provider/system/parallel";

/** Calls and faults, of which every combination is played: where the fault passes, and where it lasts. */
export interface Matrix {
  title: string;
  columns: readonly string[];
  rows: readonly string[];
  /**
   * @returns the outcome in a word.
   * @throws where that is wrong in any case.
   */
  play: (row: number, column: number, lasts: boolean) => Promise<string>;
}

/** A matrix that was played. */
export interface Played {
  title: string;
  table: Table;
  /** What was wrong in any case, by cell. */
  wrong: string[];
}

interface Table {
  columns: readonly string[];
  /** Names, and cells with two outcomes each: `done/kept`. */
  rows: readonly (readonly [name: string, cells: readonly string[]])[];
}

/** Plays all cells of all matrices, so many at a time. */
export async function playAll(matrices: readonly Matrix[], atOnce: number): Promise<Played[]> {
  const key = (...position: unknown[]) => position.join();
  const wrong = matrices.map((): string[] => []);
  // Those that last take longest, so they begin.
  const cells = [true, false].flatMap((lasts) =>
    matrices.flatMap(({ columns, rows, play }, matrix) =>
      rows.flatMap((name, row) =>
        columns.map((call, column) => ({
          key: key(matrix, row, column, lasts),
          name: [call, name, lasts ? "lasting" : "passing"].join(", "),
          wrong: wrong[matrix],
          play: () => play(row, column, lasts),
        })),
      ),
    ),
  );
  const outcomes = new Map<string, string>();
  await mapLimited(cells, atOnce, async ({ key, name, wrong, play }) => {
    const outcome = await play().catch((error: unknown) => {
      wrong?.push(`${name}: ${(error as Error).message}`);
      return "WRONG";
    });
    outcomes.set(key, outcome);
  });
  return matrices.map(({ title, columns, rows }, matrix) => ({
    title,
    table: {
      columns,
      rows: rows.map((name, row) => [
        name,
        columns.map((_, column) =>
          [false, true].map((lasts) => outcomes.get(key(matrix, row, column, lasts))).join("/"),
        ),
      ]),
    },
    wrong: wrong[matrix] ?? [],
  }));
}

/** Prints what was played, and holds it to the table that is expected. */
export function assertPlayed(played: Played | undefined, expected: string): void {
  assert.ok(played);
  const { title, table, wrong } = played;
  console.log(`\n${title}; a fault that passes / one that lasts:\n${format(table)}`);
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
  const wanted = parse(expected);
  assert.deepEqual(wanted.columns, table.columns, "the columns");
  for (const [name, cells] of wanted.rows) {
    assert.equal(cells.length, table.columns.length, `the number of cells of ${name}`);
  }
  assert.equal(format(table), format(wanted));
}

/** Names and cells may hold single spaces; columns are two apart or more. */
const between = / {2,}/;

function parse(text: string): Table {
  const [head = "", ...lines] = text.split("\n").filter((line) => line.trim() !== "");
  return {
    columns: head.trim().split(between),
    rows: lines.map((line) => {
      const [name = "", ...cells] = line.trim().split(between);
      return [name, cells];
    }),
  };
}

function format({ columns, rows }: Table): string {
  const lines = [["", ...columns], ...rows.map(([name, cells]) => [name, ...cells])];
  const widths = ["", ...columns].map((_, n) =>
    Math.max(...lines.map((line) => line[n]?.length ?? 0)),
  );
  const padded = lines.map((line) => line.map((cell, n) => cell.padEnd(widths[n] ?? 0)));
  return padded.map((line) => line.join("  ").trimEnd()).join("\n");
}
