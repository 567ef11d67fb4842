/**
 * The emulator's clock. Everything that depends on time (URLs that expire, deploys that finish,
 * rate limits, the `Date` header) reads it, so that a test moves time instead of waiting.
 */
export class Clock {
  #ahead = 0;

  /** @param start - What time it is now, as epoch milliseconds. Default: the machine's. */
  constructor(start?: number) {
    if (start !== undefined) this.#ahead = start - Date.now();
  }

  /** Epoch milliseconds. */
  now(): number {
    return Date.now() + this.#ahead;
  }

  iso(): string {
    return new Date(this.now()).toISOString();
  }

  /** Moves the clock by so many milliseconds; a negative number moves it back. */
  advance(ms: number): void {
    this.#ahead += ms;
  }
}
