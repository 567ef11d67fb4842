import assert from "node:assert/strict";
import type { Session } from "../../../provider/lifecycle/session";
import { memoize } from "../../../provider/lifecycle/once";

describe("what is made once a process", () => {
  const aContext = () => ({}) as Session;
  let made: number;
  const make = () => Promise.resolve(++made);
  beforeEach(() => {
    made = 0;
  });

  it("is made once for all who ask, side by side and one after the other", async () => {
    const context = aContext();
    const key = () => ["./dags", { exclude: ["*.pyc"], prefix: "dags" }];
    const two = await Promise.all([1, 2].map(() => memoize(context, "digest", key(), make)));
    assert.deepEqual([...two, await memoize(context, "digest", key(), make)], [1, 1, 1]);
  });

  it("is made apart where it is another thing, of another source, or for another process", async () => {
    const context = aContext();
    await memoize(context, "digest", ["./dags", {}], make);
    await memoize(context, "package", ["./dags", {}], make);
    await memoize(context, "digest", ["./other", {}], make);
    await memoize(context, "digest", ["./dags", { prefix: "" }], make);
    await memoize(aContext(), "digest", ["./dags", {}], make);
    assert.equal(made, 5);
  });

  it("is made again where it failed", async () => {
    const context = aContext();
    const fail = () => Promise.reject(new Error("no folder"));
    await assert.rejects(memoize(context, "digest", "./dags", fail), /no folder/);
    assert.equal(await memoize(context, "digest", "./dags", make), 1);
  });
});
