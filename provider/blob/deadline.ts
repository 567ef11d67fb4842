/** What ends some work: its deadline, or itself. */
export interface Deadline {
  /** Aborts with a reason that completes "could not …: ". */
  signal: AbortSignal;
  end: (reason: string) => void;
  /** Lets go of the timer. */
  release: () => void;
}

/** A timer takes no more. */
const maxTimerMs = 2 ** 31 - 1;

/** @param deadline - In milliseconds since 1970. Default never. */
export function deadlineAt(deadline = Infinity, cancel?: AbortSignal): Deadline {
  const controller = new AbortController();
  const end = (reason: string) => {
    controller.abort(reason);
  };
  const ms = Math.min(Math.max(deadline - Date.now(), 0), maxTimerMs);
  const timer = setTimeout(end, ms, "it was not done in the time allowed for it");
  const onCancel = () => {
    end("it was cancelled");
  };
  cancel?.addEventListener("abort", onCancel);
  if (cancel?.aborted) onCancel();
  return {
    signal: controller.signal,
    end,
    release: () => {
      clearTimeout(timer);
      cancel?.removeEventListener("abort", onCancel);
    },
  };
}
