import type { Context } from "./context";
import { createRequest, hasSource } from "./inputs";
import { toOutputs, type DeployOutputs, type DeployRecord } from "./outputs";
import { preflight } from "./preflight";
import { dispose, pack, ship, type Packages } from "./ship";
import { inTurn } from "./turns";
import { UnfinishedDeploy, type HostInputs } from "./unfinished";

export interface CreateResult {
  id: string;
  outs: DeployOutputs;
}

/**
 * Without a source: exactly the POST. With one: the whole deploy, from the checks that need the
 * service to the status `DEPLOYED`.
 *
 * @throws AstroError, ArtifactError or Error where nothing was created.
 * @throws UnfinishedDeploy where the deploy exists and was not finished.
 */
export async function create(context: Context, inputs: HostInputs): Promise<CreateResult> {
  const client = context.client();
  if (!hasSource(inputs)) {
    const deploy = await client.createDeploy(inputs, createRequest(inputs));
    return { id: deploy.id, outs: toOutputs(inputs, { deploy, progress: {} }) };
  }
  await preflight(client, inputs);
  const packages = await pack(inputs, {});
  try {
    return await inTurn(inputs.deploymentId, async () => {
      const deploy = await client.createDeploy(inputs, createRequest(inputs));
      const record: DeployRecord = { deploy, progress: {} };
      await shipOrRemember(context, inputs, record, packages);
      return { id: deploy.id, outs: toOutputs(inputs, record) };
    });
  } finally {
    await dispose(packages);
  }
}

/** Ships, and turns any failure into one that keeps the deploy in the state. */
export async function shipOrRemember(
  context: Context,
  inputs: HostInputs,
  record: DeployRecord,
  packages: Packages,
): Promise<void> {
  try {
    await ship(context, inputs, record, packages);
  } catch (error) {
    throw new UnfinishedDeploy(inputs, record, error);
  }
}
