/** How often to ask: soon at first, since a DAG-only deploy can take seconds, then ever more rarely. */
const polling = { firstMs: 500, factor: 1.5, maxMs: 15_000 };

/**
 * How long to wait before the next poll, in milliseconds: a random time, so that many clients do not
 * ask at once.
 *
 * @param polls - How many there were.
 */
export function pollPauseMs(polls: number): number {
  const jitter = 0.75 + Math.random() / 2;
  return Math.min(polling.firstMs * polling.factor ** polls, polling.maxMs) * jitter;
}
