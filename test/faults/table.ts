import assert from "node:assert/strict";
import { mapLimited } from "../../provider/system/parallel";
import type { Rule } from "./rules";

/** Calls and faults, of which every combination is played: where the fault passes, and where it lasts. */
export interface Matrix {
  title: string;
  columns: readonly { name: string; rule: Rule }[];
  /** The names of the faults. */
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
  /** What the rules of the columns say. */
  expected: Table;
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
          name: [call.name, name, lasts ? "lasting" : "passing"].join(", "),
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
  return matrices.map(({ title, columns, rows }, matrix) => {
    const tableOf = (cell: (row: number, column: number) => string): Table => ({
      columns: columns.map(({ name }) => name),
      rows: rows.map((name, row) => [name, columns.map((_, column) => cell(row, column))]),
    });
    return {
      title,
      table: tableOf((row, column) =>
        [false, true].map((lasts) => outcomes.get(key(matrix, row, column, lasts))).join("/"),
      ),
      expected: tableOf((row, column) => columns[column]?.rule(rows[row] ?? "") ?? ""),
      wrong: wrong[matrix] ?? [],
    };
  });
}

/** Prints what was played, and holds it to the rules. */
export function assertPlayed(played: Played | undefined): void {
  assert.ok(played);
  const { title, table, expected, wrong } = played;
  console.log(`\n${title}; a fault that passes / one that lasts:\n${format(table)}`);
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
  assert.equal(format(table), format(expected));
}

function format({ columns, rows }: Table): string {
  const lines = [["", ...columns], ...rows.map(([name, cells]) => [name, ...cells])];
  const widths = ["", ...columns].map((_, n) =>
    Math.max(...lines.map((line) => line[n]?.length ?? 0)),
  );
  const padded = lines.map((line) => line.map((cell, n) => cell.padEnd(widths[n] ?? 0)));
  return padded.map((line) => line.join("  ").trimEnd()).join("\n");
}
