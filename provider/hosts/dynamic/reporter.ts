import { log, runtime } from "@pulumi/pulumi";
import { isCI } from "ci-info";
import type { Engine, Reporter } from "../../lifecycle/session";
import { redact, shown } from "../../http/redact";

/**
 * Reports through the engine's own log.
 *
 * The host of dynamic providers gets the engine's address but does not use it, so that the SDK's
 * log would only print to the console.
 */
export function engineReporter(engine: Engine | undefined): Reporter {
  if (!engine) {
    return {
      progress: () => undefined,
      notice: (message, code) => {
        console.log(shown(message, code));
      },
      warning: (message, code) => {
        console.log(shown(`warning: ${message}`, code));
      },
    };
  }
  runtime.resetOptions("", "", 1, engine.address, "", false, "");
  return {
    progress: (message) => {
      if (!isCI) void log.info(redact(message), undefined, undefined, true);
    },
    notice: (message, code) => void log.info(shown(message, code)),
    warning: (message, code) => void log.warn(shown(message, code)),
  };
}
