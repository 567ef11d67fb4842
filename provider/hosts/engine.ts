import type { Engine } from "../lifecycle/session";
import { hasEnded } from "../system/process";

/** How often to check that the engine still runs. */
const everyMs = 1000;

/**
 * Exits this process soon after its engine. An engine that exits ends its plugins; one that is
 * killed does not.
 *
 * @param args - The arguments of the host's process: the engine's address, after flags for logging
 *   and tracing.
 * @returns undefined if they contain no address.
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
