import { deadlineAt } from "../../system/deadline";

/** What may take so long that a program may limit it, by `customTimeouts`. */
export type Limited = "create" | "update" | "delete";

/** The calls that are under way: what ends all of them, and each by its own time limit. */
export class Calls {
  readonly #cancel = new AbortController();

  /** Ends the calls that are under way, and those to come. */
  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  cancel(): void {
    this.#cancel.abort();
  }

  /**
   * Runs a call.
   *
   * @param seconds - As the engine gives it: 0 for no limit.
   */
  async run<T>(
    kind: Limited,
    seconds: number,
    call: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const end = seconds > 0 ? Date.now() + seconds * 1000 : Infinity;
    const reason = `it took longer than ${seconds} seconds, the ${kind} of the resource's customTimeouts`;
    const limit = deadlineAt(end, this.signal, reason);
    try {
      return await call(limit.signal);
    } finally {
      limit.release();
    }
  }
}
