import { connect } from "node:net";

/** The engine whose calls this process answers. */
export interface Engine {
  /** `host:port` of its services. */
  address: string;
  /**
   * Ends this process where the engine has ended: what it would go on with is no longer what anyone
   * asked for, and the engine that comes next would find the Deployment changed behind its back.
   */
  exitIfEnded(): Promise<void>;
}

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

/** Whether nothing listens there any more. Any other difficulty counts as no. */
export function hasEnded(address: string): Promise<boolean> {
  const colon = address.lastIndexOf(":");
  return new Promise((resolve) => {
    const socket = connect({
      host: address.slice(0, colon),
      port: Number(address.slice(colon + 1)),
      timeout: everyMs,
    });
    const answer = (ended: boolean) => {
      socket.destroy();
      resolve(ended);
    };
    socket.once("connect", () => {
      answer(false);
    });
    socket.once("timeout", () => {
      answer(false);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      answer(error.code === "ECONNREFUSED");
    });
  });
}
