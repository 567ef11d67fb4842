/** In milliseconds: longer than a small file takes from memory, shorter than from any disk. */
const fromMemoryMs = 0.06;

/** How many files the average is of. One that took very long counts no more than a few. */
const averaged = 16;
const maxMs = 4 * fromMemoryMs;

/**
 * Finds out, while many small files are read, whether the system still has them in memory, which
 * it does not tell. If so, calls that wait for nothing are the fastest; if not, files are to be
 * read side by side, so that the disk is busy.
 */
export class Warmth {
  private averageMs = 0;

  /** Whether the next file is likely to be in memory. */
  get isLikely(): boolean {
    return this.averageMs <= fromMemoryMs;
  }

  /** Reads a file at once, and learns from the time that this takes. */
  measure<T>(read: () => T): T {
    const start = performance.now();
    const result = read();
    const took = Math.min(performance.now() - start, maxMs);
    this.averageMs += (took - this.averageMs) / averaged;
    return result;
  }
}
