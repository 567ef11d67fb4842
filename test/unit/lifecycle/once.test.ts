import assert from "node:assert/strict";
import type { Context } from "../../../provider/lifecycle/context";
import { once } from "../../../provider/lifecycle/once";

describe("what is made once a process", () => {
  const aContext = () => ({}) as Context;
  let made: number;
  const make = () => Promise.resolve(++made);
  beforeEach(() => {
    made = 0;
  });

  it("is made once for all who ask, side by side and one after the other", async () => {
    const context = aContext();
    const key = () => ["./dags", { exclude: ["*.pyc"], prefix: "dags" }];
    const two = await Promise.all([1, 2].map(() => once(context, "digest", key(), make)));
    assert.deepEqual([...two, await once(context, "digest", key(), make)], [1, 1, 1]);
  });

  it("is made apart where it is another thing, of another source, or for another process", async () => {
    const context = aContext();
    await once(context, "digest", ["./dags", {}], make);
    await once(context, "package", ["./dags", {}], make);
    await once(context, "digest", ["./other", {}], make);
    await once(context, "digest", ["./dags", { prefix: "" }], make);
    await once(aContext(), "digest", ["./dags", {}], make);
    assert.equal(made, 5);
  });

  it("is made again where it failed", async () => {
    const context = aContext();
    const fail = () => Promise.reject(new Error("no folder"));
    await assert.rejects(once(context, "digest", "./dags", fail), /no folder/);
    assert.equal(await once(context, "digest", "./dags", make), 1);
  });
});
