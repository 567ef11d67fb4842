import assert from "node:assert/strict";
import { Memo } from "../../../provider/system/memo";

describe("what is made once a process", () => {
  let made: number;
  const make = () => Promise.resolve(++made);
  beforeEach(() => {
    made = 0;
  });

  it("is made once for all who ask, side by side and one after the other", async () => {
    const memo = new Memo();
    const key = () => ["./dags", { exclude: ["*.pyc"], prefix: "dags" }];
    const two = await Promise.all([1, 2].map(() => memo.once("digest", key(), make)));
    assert.deepEqual([...two, await memo.once("digest", key(), make)], [1, 1, 1]);
  });

  it("is made apart where it is another thing, of another source, or for another process", async () => {
    const memo = new Memo();
    await memo.once("digest", ["./dags", {}], make);
    await memo.once("package", ["./dags", {}], make);
    await memo.once("digest", ["./other", {}], make);
    await memo.once("digest", ["./dags", { prefix: "" }], make);
    await new Memo().once("digest", ["./dags", {}], make);
    assert.equal(made, 5);
  });

  it("is made again where it failed", async () => {
    const memo = new Memo();
    const fail = () => Promise.reject(new Error("no folder"));
    await assert.rejects(memo.once("digest", "./dags", fail), /no folder/);
    assert.equal(await memo.once("digest", "./dags", make), 1);
  });
});
