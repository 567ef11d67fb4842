import { setImmediate } from "node:timers/promises";

/** Too short for anyone who waits for this process to notice. */
const sliceMs = 5;

let sliceStart = performance.now();
let turn: Promise<void> | undefined;

/** Whether synchronous steps have run for a while, so that the event loop should get its turn. */
export function isTurnDue(): boolean {
  return performance.now() - sliceStart >= sliceMs;
}

/**
 * To be awaited between short synchronous steps: the event loop gets its turn if it is due. All
 * callers share one turn, or each would take a slice of its own before the next one. Where the steps
 * are many and very short, {@link isTurnDue} is asked first, which saves a promise for each.
 */
export async function yieldToEventLoop(): Promise<void> {
  if (!isTurnDue()) return;
  turn ??= setImmediate().then(() => {
    sliceStart = performance.now();
    turn = undefined;
  });
  await turn;
}
