/** What was asked for, and how many matches it still applies to. */
interface Pending<T> {
  id: string;
  injection: T;
  left: number;
}

/**
 * What a test has asked for, in that order. Each applies to `times` matches (default 1), after it
 * has let `skip` of them pass (default 0).
 */
export class Injections<T extends { times?: number | undefined; skip?: number | undefined }> {
  #entries: (Pending<T> & { skip: number })[] = [];
  #added = 0;

  /** Returns a function that takes the injection back. */
  add(injection: T): () => void {
    const id = this.insert(injection);
    return () => this.remove(id);
  }

  /** Returns the id by which the injection can be taken back. */
  insert(injection: T): string {
    const id = String(++this.#added);
    const { skip = 0, times = 1 } = injection;
    this.#entries.push({ id, injection, skip, left: times });
    return id;
  }

  /** Takes an injection back. `false` if there is none of this id, or none any more. */
  remove(id: string): boolean {
    const count = this.#entries.length;
    this.#entries = this.#entries.filter((entry) => entry.id !== id);
    return this.#entries.length < count;
  }

  /** Those that still apply, in their order, with their ids and how many matches are left. */
  list(): (T & { id: string; left: number })[] {
    return this.#entries
      .filter(({ left }) => left > 0)
      .map(({ id, injection, left }) => ({ id, ...injection, left }));
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
