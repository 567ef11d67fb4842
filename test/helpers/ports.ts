/** Below those that systems give out themselves: nobody takes it while nothing listens there. */
let next = 20_000 + (process.pid % 100) * 100;

/** Starts a server on a port that stays its own. */
export async function onPortApart<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await start(next++);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }
}
