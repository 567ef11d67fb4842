/** When work is to end before it is done. */
export interface EndingOptions {
  /** In milliseconds since 1970. Default never. */
  deadline?: number;
  signal?: AbortSignal;
}

/** What ends some work: its deadline, its caller, or itself. */
export interface Ending {
  /** Aborts with a reason that completes "could not …: ". */
  signal: AbortSignal;
  end: (reason: string) => void;
  /** Lets go of the timer and of the caller's signal. */
  release: () => void;
}

/** A timer takes no more. */
const maxTimerMs = 2 ** 31 - 1;

export function endingOf({ deadline, signal }: EndingOptions): Ending {
  const controller = new AbortController();
  const end = (reason: string) => {
    controller.abort(reason);
  };
  const cancel = () => {
    end("it was cancelled");
  };
  const ms = Math.min(Math.max((deadline ?? Infinity) - Date.now(), 0), maxTimerMs);
  const timer = setTimeout(end, ms, "it was not done in the time allowed for it");
  signal?.addEventListener("abort", cancel);
  if (signal?.aborted) cancel();
  return {
    signal: controller.signal,
    end,
    release: () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
    },
  };
}
