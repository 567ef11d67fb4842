import { Mutex } from "async-mutex";
import type { Deploy } from "../../astro/types";

interface Turns {
  mutex: Mutex;
  made: Deploy[];
}

/** By Deployment. */
const all = new Map<string, Turns>();

function turnsOf(deploymentId: string): Turns {
  const turns = all.get(deploymentId) ?? { mutex: new Mutex(), made: [] };
  all.set(deploymentId, turns);
  return turns;
}

/**
 * Runs one deploy at a time to the same Deployment, the others waiting their turn: nothing on the
 * service is documented to keep them apart, and the last one wins.
 */
export function withDeploymentLock<T>(deploymentId: string, deploy: () => Promise<T>): Promise<T> {
  return turnsOf(deploymentId).mutex.runExclusive(deploy);
}

/** The deploys that this process has made for the Deployment. */
export function createdInThisRun(deploymentId: string): Deploy[] {
  return turnsOf(deploymentId).made;
}
