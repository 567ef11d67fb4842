import assert from "node:assert/strict";
import { yieldToEventLoop } from "../../../provider/system/eventLoop";

describe("yieldToEventLoop", () => {
  function work(ms: number): void {
    for (const start = performance.now(); performance.now() - start < ms;);
  }

  it("lets others in after synchronous work that took a while", async () => {
    let came = false;
    setImmediate(() => (came = true));
    work(20);
    await yieldToEventLoop();
    assert.ok(came);
  });

  it("lets them in as often when many work side by side", async () => {
    const [workers, steps] = [8, 40];
    let working = true;
    let turns = 0;
    const count = () => {
      turns++;
      if (working) setImmediate(count);
    };
    count();
    const worker = async () => {
      for (let step = 0; step < steps; step++) {
        await yieldToEventLoop();
        work(1);
      }
    };
    await Promise.all(Array.from({ length: workers }, worker));
    working = false;
    assert.ok(turns > (workers * steps) / 32, `${turns} turns in ${workers * steps} steps`);
  });
});
