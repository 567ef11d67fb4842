import assert from "node:assert/strict";
import { fileChanges } from "../../../provider/lifecycle/diffSummary";
import { unknownValue } from "../../../provider/lifecycle/inputs/unknownValue";

describe("the line that says which files changed", () => {
  it("names what changed, was added and was removed", () => {
    assert.equal(
      fileChanges(
        "dags",
        { "a.py": "1", "b.py": "1", "c.py": "1" },
        { "a.py": "2", "c.py": "1", "d.py": "1" },
      ),
      "dags changed: a.py; added: d.py; removed: b.py",
    );
  });

  it("names the first ones and counts the rest", () => {
    const news = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`${n}.py`, "1"]));
    assert.equal(
      fileChanges("dags", {}, news),
      "dags added: 0.py, 1.py, 2.py, 3.py, 4.py and 3 more",
    );
  });

  it("names apart the files of which only the executable bit changed", () => {
    const [olds, news] = [
      { "a.py": "1", "b.sh": "1" },
      { "a.py": "2", "b.sh": "2" },
    ];
    assert.equal(
      fileChanges("dags", olds, news, ["b.sh"]),
      "dags changed: a.py; executable bit changed: b.sh",
    );
  });

  it("takes names for names, whatever they are", () => {
    assert.equal(
      fileChanges("dags", {}, { toString: "1", "two\nlines": "1" }),
      'dags added: toString, "two\\nlines"',
    );
  });

  it("names a file once whose name is in another Unicode form", () => {
    const name = "café.py";
    assert.equal(
      fileChanges(
        "dags",
        { [name.normalize("NFD")]: "1", "b.py": "1" },
        { [name]: "1", "c.py": "1" },
      ),
      "dags added: c.py; removed: b.py; renamed to another Unicode form: café.py",
    );
  });

  it("is silent where nothing changed, or one side is not known", () => {
    assert.equal(fileChanges("dags", { "a.py": "1" }, { "a.py": "1" }), undefined);
    assert.equal(fileChanges("dags", undefined, { "a.py": "1" }), undefined);
    assert.equal(fileChanges("dags", { "a.py": "1" }, unknownValue), undefined);
    assert.equal(fileChanges("dags", { "a.py": "1" }, undefined), undefined);
  });
});
