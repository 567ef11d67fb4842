import type { Deploy } from "../astro/types";
import { createDeploy } from "./deploy/begin";
import type { Session } from "./session";
import { isManaged } from "./inputs/table";
import { Journal } from "./recovery/journal";
import { shipsSamePart } from "./recovery/overlap";
import { toOutputs, type DeployOutputs } from "./outputs";
import { prepare } from "./deploy/prepare";
import { runDeploy } from "./deploy/runDeploy";
import { withDeploymentLock, createdInThisRun } from "./recovery/deploymentLock";
import { DeployInitError, type HostInputs } from "./initError";

export interface CreateResult {
  id: string;
  outs: DeployOutputs;
}

/**
 * Without a source: the POST alone. With one: the whole deploy, from the checks that need the
 * service to the status `DEPLOYED`.
 *
 * @throws AstroError, ArtifactError, ImageError or Error where nothing was created.
 * @throws UnfinishedDeploy where the deploy exists and was not finished.
 */
export async function create(session: Session, inputs: HostInputs): Promise<CreateResult> {
  session.client();
  const journal = new Journal(session, inputs);
  const prepared = isManaged(inputs) ? await prepare(session, inputs) : undefined;
  return withDeploymentLock(inputs.deploymentId, async () => {
    const record = await createDeploy(session, inputs, journal);
    const { id } = record.deploy;
    reportRival(session, record.deploy);
    if (inputs.rollbackTo !== undefined) record.progress.finalize = "done";
    try {
      if (prepared) await runDeploy({ session, inputs, record, prepared, journal });
    } catch (error) {
      throw new DeployInitError(inputs, record, error);
    } finally {
      await journal.release(id);
    }
    return { id, outs: toOutputs(inputs, record) };
  });
}

/** Says that two resources of a program ship to the same place. */
function reportRival({ reporter }: Session, deploy: Deploy): void {
  const made = createdInThisRun(deploy.deploymentId);
  const rival = made.find((other) => shipsSamePart(other, deploy));
  if (rival) {
    reporter.notice(
      `${deploy.id}: replaces what this run has shipped to the same Deployment by deploy ${rival.id}; declare one AstroDeploy for each Deployment and part`,
    );
  }
  made.push(deploy);
}
