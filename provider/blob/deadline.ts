/** Aborts work when its time is over, or when the work itself asks for it. */
export interface Deadline {
  /** Its reason completes "Could not …: ". */
  signal: AbortSignal;
  abort: (reason: string) => void;
  /** Clears the timer. */
  release: () => void;
}

/** The longest that a timer of Node.js supports. */
const maxTimerMs = 2 ** 31 - 1;

/** @param deadline - In milliseconds since 1970. Default never. */
export function deadlineAt(deadline = Infinity, cancel?: AbortSignal): Deadline {
  const controller = new AbortController();
  const abort = (reason: string) => {
    controller.abort(reason);
  };
  const ms = Math.min(Math.max(deadline - Date.now(), 0), maxTimerMs);
  const timer = setTimeout(
    abort,
    ms,
    "it took longer than allowed; raise astro:uploadTimeoutSeconds",
  );
  const onCancel = () => {
    abort("it was cancelled");
  };
  cancel?.addEventListener("abort", onCancel);
  if (cancel?.aborted) onCancel();
  return {
    signal: controller.signal,
    abort,
    release: () => {
      clearTimeout(timer);
      cancel?.removeEventListener("abort", onCancel);
    },
  };
}
