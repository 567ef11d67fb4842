import type { Engine } from "../../lifecycle/session";
import { hasEnded } from "../../system/process";

/** How often the engine is looked for, in milliseconds. */
const everyMs = 1000;

/**
 * Ends this process soon after its engine. The engine ends its plugins when it ends itself; where
 * it is killed, nobody does.
 *
 * @param args - the arguments of the host's process: the engine's address, after flags for what the
 *   engine is to log and to trace.
 */
export function exitWithEngine(args: readonly string[]): Engine | undefined {
  const address = args.findLast((arg) => /^[\w.-]+:\d+$/.test(arg));
  if (address === undefined) return undefined;
  const exitIfEnded = async () => {
    if (await hasEnded(address)) process.exit(1);
  };
  setInterval(() => void exitIfEnded(), everyMs).unref();
  return { address, exitIfEnded };
}
