/** How coming deploys are to end, as a test wants it. */
export interface Plan {
  /** Only deploys of this Deployment. Default: of any. */
  deploymentId?: string;
  /** How many deploys. Default 1. */
  times?: number;
  /** Default: as what was uploaded deserves. */
  status?: "DEPLOYED" | "FAILED";
  /** Why it failed. */
  reason?: string;
  /** How long it takes from finalize to its end, in milliseconds; `Infinity`: until `finish`. Default: as configured. */
  processingMs?: number;
}

/** The plans that wait for a deploy to be finalized, first come first served. */
export class Plans {
  readonly #plans: { plan: Plan; left: number }[] = [];

  add(plan: Plan): () => void {
    const entry = { plan, left: plan.times ?? 1 };
    this.#plans.push(entry);
    return () => {
      entry.left = 0;
    };
  }

  take(deploymentId: string): Plan {
    const entry = this.#plans.find(
      ({ plan, left }) => left > 0 && (plan.deploymentId ?? deploymentId) === deploymentId,
    );
    if (!entry) return {};
    entry.left -= 1;
    return entry.plan;
  }
}
