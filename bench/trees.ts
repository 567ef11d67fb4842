import { appendFileSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setting } from "./compare";

export const mebibyte = 1024 * 1024;

export const sizes = {
  /** Of the tree of small files. */
  files: setting("BENCH_FILES", 20_000),
  /** Of the tree of large files, and of the archive that is uploaded. */
  mebibytes: setting("BENCH_MIB", 128),
};

const smallFile = 2000;
const filesInFolder = 100;
const largeFiles = 4;

export function folder(): string {
  return mkdtempSync(join(tmpdir(), "tree-"));
}

/** A folder of many small files. */
export function manySmall(count = sizes.files): string {
  const root = folder();
  for (let index = 0; index < count; index++) {
    const below = join(root, `team_${Math.floor(index / filesInFolder)}`);
    if (index % filesInFolder === 0) mkdirSync(below);
    writeFileSync(join(below, `dag_${index}.py`), text(smallFile));
  }
  return root;
}

/** A folder of few large files. */
export function fewLarge(mebibytes = sizes.mebibytes): string {
  const root = folder();
  for (let index = 0; index < largeFiles; index++) {
    for (let written = 0; written < mebibytes / largeFiles; written++) {
      appendFileSync(join(root, `data_${index}.csv`), text(mebibyte));
    }
  }
  return root;
}

const words =
  "import from airflow dag task schedule start_date catchup operator return select where = ( ) , 1 20 300".split(
    " ",
  );
let state = 1;

/** Text that gzip compresses about as well as source code; the same in every run. */
function text(length: number): string {
  let made = "";
  while (made.length < length) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    made += `${words[(state >>> 16) % words.length] ?? ""}${state >>> 28 === 0 ? `${state}\n` : " "}`;
  }
  return made.slice(0, length);
}
