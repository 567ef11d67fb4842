import { Mutex } from "async-mutex";
import type { Deploy } from "../../astro/types";

interface Lock {
  mutex: Mutex;
  created: Deploy[];
}

/** One deploy at a time to each Deployment, and what this run has created there. */
export class DeploymentLocks {
  readonly #locks = new Map<string, Lock>();

  #of(deploymentId: string): Lock {
    const lock = this.#locks.get(deploymentId) ?? { mutex: new Mutex(), created: [] };
    this.#locks.set(deploymentId, lock);
    return lock;
  }

  /**
   * Runs one deploy at a time to the same Deployment, while the others wait: the service is not
   * documented to keep them apart, and the last one wins.
   */
  hold<T>(deploymentId: string, signal: AbortSignal, deploy: () => Promise<T>): Promise<T> {
    return this.#of(deploymentId).mutex.runExclusive(() => {
      signal.throwIfAborted();
      return deploy();
    });
  }

  /** The deploys that this run has created for the Deployment. */
  createdIn(deploymentId: string): Deploy[] {
    return this.#of(deploymentId).created;
  }
}
