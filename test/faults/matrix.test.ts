import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { disturbances } from "./faults";
import { play } from "./play";
import { scenes, writeFolders, type Folders, type Scene } from "./scenes";
import { assertPlayed, playAll, type Matrix, type Played } from "./table";

/** Cells wait most of the time: for pauses between attempts, and for what never comes. */
const atOnce = 150;

describe("the matrix of faults", function () {
  this.timeout(240_000);
  let home: string;
  let played: Played[];

  before(async () => {
    home = mkdtempSync(join(tmpdir(), "astro-matrix-"));
    const folders = writeFolders(home);
    played = await playAll(
      scenes.map((scene) => matrixOf(scene, folders)),
      atOnce,
    );
  });
  after(() => {
    rmSync(home, { recursive: true });
  });

  for (const [n, { title }] of scenes.entries()) {
    it(`follows the rules in every cell for ${title}`, () => {
      assertPlayed(played[n]);
    });
  }
});

function matrixOf(scene: Scene, folders: Folders): Matrix {
  return {
    title: scene.title,
    columns: scene.columns.map(({ name, operation, rule }) => ({ name: name ?? operation, rule })),
    rows: disturbances.map(([name]) => name),
    play: (row, n, lasts) => {
      const [column, disturbance] = [scene.columns[n], disturbances[row]?.[1]];
      assert.ok(column && disturbance);
      return play({ scene, column, disturbance, lasts }, folders);
    },
  };
}
