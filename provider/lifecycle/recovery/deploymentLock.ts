import { createHash } from "node:crypto";
import { join } from "node:path";
import { Mutex, type MutexInterface } from "async-mutex";
import type { Deploy } from "../../astro/types";
import { LockedError, takeLock } from "../../system/fileLock";
import { AbortedError, unlessAborted } from "../../system/pause";
import type { Session } from "../session";
import { CodedError } from "../../messages";

interface Lock {
  mutex: Mutex;
  created: Deploy[];
}

/** A deploy that is to have its Deployment to itself. */
export interface LockUser {
  deploymentId: string;
  /** What messages call it. */
  label: string;
  /** `project/stack`, if it is known. */
  stack?: string | undefined;
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
   * documented to keep them apart, and the last one wins. So do the other processes of this machine,
   * and of those that share its home; a home that cannot be written to keeps nobody out.
   *
   * @throws Error if another process has not ended after `astro:deployTimeoutSeconds`.
   */
  async hold<T>(session: Session, user: LockUser, deploy: () => Promise<T>): Promise<T> {
    const { signal } = session;
    const release = await acquire(this.#of(user.deploymentId).mutex, signal).catch(ended(user));
    try {
      const unlock = await takeFile(session, user).catch(ended(user));
      try {
        return await deploy();
      } finally {
        unlock?.();
      }
    } finally {
      release();
    }
  }

  /** The deploys that this run has created for the Deployment. */
  createdIn(deploymentId: string): Deploy[] {
    return this.#of(deploymentId).created;
  }
}

/** What to throw if a wait for its turn was ended. */
function ended({ deploymentId }: LockUser): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof AbortedError)) throw error;
    throw new CodedError(
      "deployment-busy",
      `Deployment ${deploymentId}: nothing was deployed, since another deploy to it had not ended yet: ${error.message}`,
      { cause: error },
    );
  };
}

async function acquire(mutex: Mutex, signal: AbortSignal): Promise<MutexInterface.Releaser> {
  const turn = mutex.acquire();
  try {
    return await unlessAborted(turn, signal);
  } catch (error) {
    // Its turn comes all the same.
    void turn.then((release) => {
      release();
    });
    throw error;
  }
}

async function takeFile(
  { settings, reporter, signal, home }: Session,
  { deploymentId, label, stack }: LockUser,
): Promise<(() => void) | undefined> {
  const key = createHash("sha256")
    .update(JSON.stringify([settings.baseUrl, deploymentId]))
    .digest("hex")
    .slice(0, 32);
  try {
    return await takeLock(join(home, "astro-deploy-locks", key), {
      purpose: stack === undefined ? "another program" : `the stack ${stack}`,
      signal,
      maxWaitMs: settings.deployTimeoutMs,
      onWait: (holder) => {
        reporter.notice(`${label}: waiting for a deploy to the same Deployment, of ${holder}`);
      },
    });
  } catch (error) {
    if (!(error instanceof LockedError)) throw error;
    throw new CodedError(
      "deployment-busy",
      `Deployment ${deploymentId}: a deploy to it, of ${error.holder}, has not ended after ${Math.round(settings.deployTimeoutMs / 1000)} s, so this one was not begun. Run \`pulumi up\` again when it has ended.`,
      { cause: error },
    );
  }
}
