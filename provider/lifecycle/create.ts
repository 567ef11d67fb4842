import type { Deploy } from "../astro/types";
import { begin } from "./begin";
import type { Context } from "./context";
import { isWhole } from "./inputs";
import { Journal } from "./journal";
import { overlaps } from "./overlap";
import { toOutputs, type DeployOutputs } from "./outputs";
import { prepare } from "./prepare";
import { ship } from "./ship";
import { inTurn, madeHere } from "./turns";
import { UnfinishedDeploy, type HostInputs } from "./unfinished";

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
export async function create(context: Context, inputs: HostInputs): Promise<CreateResult> {
  context.client();
  const journal = new Journal(context, inputs);
  const prepared = isWhole(inputs) ? await prepare(context, inputs) : undefined;
  return inTurn(inputs.deploymentId, async () => {
    const record = await begin(context, inputs, journal);
    const { id } = record.deploy;
    reportRival(context, record.deploy);
    if (inputs.rollbackTo !== undefined) record.progress.finalize = "done";
    try {
      if (prepared) await ship({ context, inputs, record, prepared, journal });
    } catch (error) {
      throw new UnfinishedDeploy(inputs, record, error);
    } finally {
      await journal.handOver(id);
    }
    return { id, outs: toOutputs(inputs, record) };
  });
}

/** Says that two resources of a program ship to the same place. */
function reportRival({ reporter }: Context, deploy: Deploy): void {
  const made = madeHere(deploy.deploymentId);
  const rival = made.find((other) => overlaps(other, deploy));
  if (rival) {
    reporter.notice(
      `${deploy.id}: replaces what this run has shipped to the same Deployment by deploy ${rival.id}; declare one AstroDeploy for each Deployment and part`,
    );
  }
  made.push(deploy);
}
