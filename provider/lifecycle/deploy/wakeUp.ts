import type { DeploymentRef } from "../../astro/client";
import { AstroError } from "../../astro/error";
import type { HibernationOverride } from "../../astro/requests";
import type { Deployment, PresentOverride } from "../../astro/responses";
import type { DeployInputs } from "../inputs/table";
import type { Session } from "../session";
import { poll } from "./poll";

/** A Deployment, and whether it may be woken up. */
type Sleeper = DeploymentRef & Pick<DeployInputs, "wakeUp">;

/**
 * Wakes the Deployment up if it hibernates and the program asks for that, and waits until it is
 * awake. When the last of the run's deploys to it has ended, the override that it had is restored.
 * The override that keeps it awake has an end, so that a crash does not leave it awake for good.
 *
 * @param label - What messages call it.
 * @param known - The Deployment as it was read. Default: it is read now.
 * @throws AstroError if the token may not wake it up.
 * @throws Error if it is not awake after `astro:deployTimeoutSeconds`.
 */
export async function wakeUp(
  session: Session,
  inputs: Sleeper,
  label: string,
  known?: Deployment,
): Promise<void> {
  if (!inputs.wakeUp) return;
  const client = session.client();
  const deployment = known ?? (await client.getDeployment(inputs));
  if (deployment.status !== "HIBERNATING") return;
  session.reporter.progress(`${label}: waking up the Deployment`);
  await session.wakings.wake(inputs.deploymentId, async () => {
    const overrideUntil = inWholeSeconds(client.now().getTime() + longestMs(session));
    const undo = () => restore(session, inputs, label, deployment, overrideUntil);
    try {
      await client.overrideHibernation(inputs, { isHibernating: false, overrideUntil });
    } catch (error) {
      if (error instanceof AstroError && error.outcome === "unknown") await undo();
      throw error;
    }
    return undo;
  });
  await poll(session, deployment, {
    read: (deadline) => client.getDeployment(inputs, deadline),
    // What is UNHEALTHY is awake, and the deploy may be what mends it.
    isOver: ({ status }) => status === "HEALTHY" || status === "UNHEALTHY",
    describe: ({ status, statusReason }) =>
      `Deployment ${inputs.deploymentId} was woken up and is still ${status}${statusReason === undefined ? "" : ` (${statusReason})`}`,
  });
}

/** How long a deploy may take, in milliseconds: waking, two uploads, the wait for its end. */
function longestMs({ settings }: Session): number {
  return 2 * (settings.deployTimeoutMs + settings.uploadTimeoutMs);
}

/** Never throws: what was deployed is deployed. */
async function restore(
  session: Session,
  ref: DeploymentRef,
  label: string,
  { scalingSpec }: Deployment,
  overrideUntil: string,
): Promise<void> {
  const client = session.client();
  const before = scalingSpec?.hibernationSpec?.override;
  try {
    await client.restoreHibernation(ref, before && stillValid(before, client.now()));
  } catch (error) {
    session.reporter.warning(
      `${label}: the Deployment stays awake until ${overrideUntil}. ${(error as Error).message}`,
      "stays-awake",
    );
  }
}

/** The override that was active before, unless its time has come meanwhile. */
function stillValid(
  { isActive, isHibernating, overrideUntil }: PresentOverride,
  now: Date,
): HibernationOverride | undefined {
  if (!isActive) return undefined;
  if (overrideUntil === undefined) return { isHibernating };
  return Date.parse(overrideUntil) > now.getTime() ? { isHibernating, overrideUntil } : undefined;
}

/** As the service gives times. */
function inWholeSeconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
