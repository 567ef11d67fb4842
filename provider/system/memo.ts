/**
 * Makes something once for all who ask for it.
 *
 * The engine runs a preview and an update in a process each, and its resources one after the other
 * as often as side by side: with one memo a process, the same folder for many Deployments is walked
 * and packed once, and all of them get the same.
 */
export class Memo {
  readonly #made = new Map<string, Promise<unknown>>();

  /**
   * @param what - Says, with `key`, what is made.
   * @throws what `make` throws; the next call makes it again.
   */
  once<T>(what: string, key: unknown, make: () => Promise<T>): Promise<T> {
    const name = JSON.stringify([what, key]);
    const known = this.#made.get(name);
    if (known) return known as Promise<T>;
    const making = make();
    this.#made.set(name, making);
    making.catch(() => this.#made.delete(name));
    return making;
  }
}
