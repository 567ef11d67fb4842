import assert from "node:assert/strict";
import { airflowIgnore } from "../../../provider/syntax/airflowIgnore";

/** Ignore files by their folder, and which of the names they leave out. */
const cases: Record<string, [Record<string, string>, ignored: string[], kept: string[]]> = {
  "no ignore file": [{}, [], ["a.py", ".airflowignore.py"]],
  "a regular expression, found anywhere in the path": [
    { "": "project_a\ntenant_[\\d]\n" },
    ["project_a_dag_1.py", "TESTING_project_a.py", "tenant_1.py", "x/project_a/dag_1.py"],
    ["project_b.py", "tenant_.py"],
  ],
  "one that matches a folder as a whole": [
    { "": "^lib$" },
    ["lib/a/b.py"],
    ["lib.py", "a/lib/b.py"],
  ],
  "one with a group of Python's kind": [{ "": "^(?P<team>a|b)_old" }, ["b_old.py"], ["c_old.py"]],
  "a glob": [
    { "": "**/*_old.py\nvendor/\n!vendor/keep.py\n" },
    ["a/b_old.py", "x_old.py", "vendor/a.py"],
    ["a/b.py"],
  ],
  "comments and empty lines": [
    { "": "# a.py\n\n   \nb.py # as of Monday\r\n" },
    ["b.py"],
    ["a.py", "Monday.py"],
  ],
  "one in a folder, which is for that folder": [
    { team: "^drafts\n/notes.py\n" },
    ["team/drafts/a.py", "team/notes.py"],
    ["drafts/a.py", "notes.py", "teams/drafts/a.py"],
  ],
  "what is neither": [{ "": "[\n(\n" }, [], ["a.py"]],
};

describe("the ignore files of Airflow", () => {
  for (const [title, [files, ignored, kept]] of Object.entries(cases)) {
    it(`leave out what either syntax does: ${title}`, () => {
      const isIgnored = airflowIgnore(new Map(Object.entries(files)));
      assert.deepEqual(ignored.filter(isIgnored), ignored);
      assert.deepEqual(kept.filter(isIgnored), []);
    });
  }
});
