import { Mutex } from "async-mutex";

const turns = new Map<string, Mutex>();

/**
 * Runs one deploy at a time to the same Deployment, the others waiting their turn: nothing on the
 * service is documented to keep them apart, and the last one wins.
 */
export async function inTurn<T>(deploymentId: string, deploy: () => Promise<T>): Promise<T> {
  let turn = turns.get(deploymentId);
  if (!turn) {
    turn = new Mutex();
    turns.set(deploymentId, turn);
  }
  return turn.runExclusive(deploy);
}

/** Whether this process has deployed to the Deployment, or is about to. */
export function hadTurn(deploymentId: string): boolean {
  return turns.has(deploymentId);
}
