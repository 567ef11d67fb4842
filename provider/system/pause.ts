import { setTimeout as sleep } from "node:timers/promises";
import { reasonOf } from "./deadline";
import { CodedError } from "../messages";

/** A wait was ended by its signal. */
export class AbortedError extends CodedError {
  override readonly name = "AbortedError";

  constructor(signal: AbortSignal) {
    super("cancelled", `${reasonOf(signal)}.`);
  }
}

/** @throws AbortedError if the signal aborts meanwhile. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {
    throw new AbortedError(signal);
  });
}

/**
 * Waits for something that others may wait for, too, so that it goes on when the signal aborts.
 *
 * @throws AbortedError if the signal aborts before.
 */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => {
      reject(new AbortedError(signal));
    };
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (stop) signal.removeEventListener("abort", stop);
  }
}
