/** Aborts work when its time is over, when it is cancelled, or when the work itself asks for it. */
export interface Deadline {
  /** Its reason completes "Could not …: ". */
  signal: AbortSignal;
  abort: (reason: string) => void;
  /** Clears the timer. */
  release: () => void;
}

/** The reason of a signal that was aborted from outside, and says no other. */
const wasCancelled = "it was cancelled";

/** Why a signal was aborted; completes "Could not …: ". */
export function reasonOf({ reason }: AbortSignal): string {
  return typeof reason === "string" ? reason : wasCancelled;
}

/** The longest that a timer of Node.js supports. */
const maxTimerMs = 2 ** 31 - 1;

/**
 * Not `AbortSignal.any`: Node.js 20 may collect the signal that it returns, with the time limits in
 * it, while somebody still waits for it.
 *
 * @param deadline - In milliseconds since 1970. Default never.
 * @param reason - Of the signal, when the time is over.
 */
export function deadlineAt(
  deadline = Infinity,
  cancel?: AbortSignal,
  reason = "it took longer than allowed",
): Deadline {
  const controller = new AbortController();
  const abort = (reason: string) => {
    controller.abort(reason);
  };
  const ms = Math.min(Math.max(deadline - Date.now(), 0), maxTimerMs);
  const timer = setTimeout(abort, ms, reason);
  const onCancel = () => {
    abort(cancel ? reasonOf(cancel) : wasCancelled);
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
