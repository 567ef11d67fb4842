import { setImmediate } from "node:timers/promises";

/** Nobody who waits for an answer of this process notices it. */
const sliceMs = 10;

let began = performance.now();
let turn: Promise<void> | undefined;

/**
 * To be awaited between short synchronous steps: where those have gone on for a while, the event
 * loop gets its turn. It is one turn for all who wait, or each of them would then take a slice of
 * its own before the next.
 */
export async function yieldToEventLoop(): Promise<void> {
  if (performance.now() - began < sliceMs) return;
  turn ??= setImmediate().then(() => {
    began = performance.now();
    turn = undefined;
  });
  await turn;
}
