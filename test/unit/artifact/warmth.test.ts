import assert from "node:assert/strict";
import { Warmth } from "../../../provider/artifact/warmth";

describe("Warmth", () => {
  const slowly = () => {
    for (const start = performance.now(); performance.now() - start < 1;);
    return "read";
  };

  it("takes files for being in memory until they are slow", () => {
    const warmth = new Warmth();
    let reads = 0;
    for (; warmth.isLikely; reads++) assert.equal(warmth.measure(slowly), "read");
    assert.ok(reads > 1 && reads < 16, `${reads} slow reads until they counted`);
  });

  it("passes on why a file cannot be read", () => {
    const failing = () => {
      throw new Error("EACCES");
    };
    assert.throws(() => new Warmth().measure(failing), /EACCES/);
  });
});
