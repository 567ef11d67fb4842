import { createHash } from "node:crypto";

/**
 * Computes something once for all callers.
 *
 * The engine runs a preview and an update in one process each, with its resources one after the
 * other or in parallel. With one memo per process, the same folder for many Deployments is walked
 * and packed once, and all of them get the same content.
 */
export class Memo {
  readonly #made = new Map<string, Promise<unknown>>();

  /**
   * @param what - Identifies the result, together with `key`.
   * @throws what `make` throws; the next call computes it again.
   */
  once<T>(what: string, key: unknown, make: () => Promise<T>): Promise<T> {
    // A hash, since a key may hold the texts of many files.
    const name = createHash("sha256")
      .update(JSON.stringify([what, key]))
      .digest("base64");
    const known = this.#made.get(name);
    if (known) return known as Promise<T>;
    const making = make();
    this.#made.set(name, making);
    making.catch(() => this.#made.delete(name));
    return making;
  }
}
