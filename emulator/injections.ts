/**
 * What a test has asked for, in that order. Each applies to `times` matches (default 1), after it
 * has let `skip` of them pass (default 0).
 */
export class Injections<T extends { times?: number; skip?: number }> {
  #entries: { injection: T; skip: number; left: number }[] = [];

  /** Returns a function that takes the injection back. */
  add(injection: T): () => void {
    const entry = { injection, skip: injection.skip ?? 0, left: injection.times ?? 1 };
    this.#entries.push(entry);
    return () => {
      entry.left = 0;
    };
  }

  /** The first that matches, counted as used. */
  take(matches: (injection: T) => boolean): T | undefined {
    this.#entries = this.#entries.filter(({ left }) => left > 0);
    for (const entry of this.#entries) {
      if (!matches(entry.injection)) continue;
      if (entry.skip > 0) {
        entry.skip -= 1;
        continue;
      }
      entry.left -= 1;
      return entry.injection;
    }
    return undefined;
  }
}
