import { log, runtime } from "@pulumi/pulumi";

/** Tells the person at the terminal where a deploy is. */
export interface Reporter {
  /** Passing: shown while it is so, in the live display only. */
  progress(message: string): void;
  /** Worth keeping: shown at the end as well, and in the logs of CI systems. */
  notice(message: string): void;
}

/**
 * Reports through the engine's own log.
 *
 * The host of dynamic providers is told the engine's address and makes nothing of it, so that the
 * SDK's log would only print to the console.
 *
 * @param engineAddress - `host:port`, the first argument of the host's process.
 */
export function engineReporter(engineAddress: string | undefined): Reporter {
  if (!/^[\w.-]+:\d+$/.test(engineAddress ?? "")) {
    return { progress: () => undefined, notice: console.log };
  }
  runtime.resetOptions("", "", 1, engineAddress ?? "", "", false, "");
  return {
    progress: (message) => void log.info(message, undefined, undefined, true),
    notice: (message) => void log.info(message),
  };
}
