import { setImmediate } from "node:timers/promises";

/** Too short for anyone who waits for this process to notice. */
const sliceMs = 10;

let sliceStart = performance.now();
let turn: Promise<void> | undefined;

/**
 * To be awaited between short synchronous steps: if they have run for a while, the event loop gets
 * its turn. All callers share one turn, or each would take a slice of its own before the next one.
 */
export async function yieldToEventLoop(): Promise<void> {
  if (performance.now() - sliceStart < sliceMs) return;
  turn ??= setImmediate().then(() => {
    sliceStart = performance.now();
    turn = undefined;
  });
  await turn;
}
