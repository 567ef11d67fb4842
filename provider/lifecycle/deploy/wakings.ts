import { Mutex } from "async-mutex";

interface Waking {
  /** Keeps those who come from a Deployment that is just being put to sleep. */
  mutex: Mutex;
  /** The deploys under way, and those that wait for their turn. */
  users: number;
  /** Set while the Deployment is kept awake. */
  restore?: (() => Promise<void>) | undefined;
}

/**
 * The Deployments that this run has woken up. All deploys to one share its waking: it is ended when
 * the last of them has.
 */
export class Wakings {
  readonly #wakings = new Map<string, Waking>();

  #of(deploymentId: string): Waking {
    const waking = this.#wakings.get(deploymentId) ?? { mutex: new Mutex(), users: 0 };
    this.#wakings.set(deploymentId, waking);
    return waking;
  }

  /** Runs a deploy, from before it reads the Deployment, and ends the waking if it was the last. */
  async during<T>(deploymentId: string, deploy: () => Promise<T>): Promise<T> {
    const waking = this.#of(deploymentId);
    await waking.mutex.runExclusive(() => waking.users++);
    try {
      return await deploy();
    } finally {
      await waking.mutex.runExclusive(async () => {
        const { restore } = waking;
        if (--waking.users > 0 || !restore) return;
        waking.restore = undefined;
        await restore();
      });
    }
  }

  /**
   * Wakes a Deployment up, unless another deploy of this run has.
   *
   * @param wake - Returns what undoes it.
   */
  async wake(deploymentId: string, wake: () => Promise<() => Promise<void>>): Promise<void> {
    const waking = this.#of(deploymentId);
    await waking.mutex.runExclusive(async () => {
      waking.restore ??= await wake();
    });
  }
}
