import type { AstroClient, DeploymentRef } from "../astro/client";
import { AstroError } from "../astro/error";
import { idProblem } from "../astro/id";
import type { SupersedingDeploy } from "../astro/types";
import type { Session } from "./session";
import { isManaged } from "./inputs/table";
import { withReason } from "./text";
import { findSupersedingDeploy } from "./recovery/supersededBy";
import { refreshOutputs, type DeployOutputs } from "./outputs";
import { CodedError } from "../messages";

/** An empty result says that the deploy is gone. */
export interface ReadResult {
  id?: string;
  props?: DeployOutputs;
}

/**
 * Brings the service's present view of the deploy.
 *
 * @throws Error if a deploy that was looked up by its id does not exist: there, unlike in a
 * refresh, the engine would take an empty answer for a deploy.
 */
export async function read(
  session: Session,
  id: string,
  props: Partial<DeployOutputs>,
): Promise<ReadResult> {
  const { organizationId = session.settings.organizationId, deploymentId } = props;
  const ref = {
    organizationId: requireId("organizationId", organizationId),
    deploymentId: requireId("deploymentId", deploymentId),
    deployId: requireId("id", id),
  };
  const client = session.client();
  try {
    const deploy = await client.getDeploy(ref);
    const label = `Deployment ${ref.deploymentId}: deploy ${id}`;
    const supersededBy = await findSupersedingDeploy(client, ref, deploy);
    if (supersededBy) {
      const advice =
        isManaged(props) && !props.redeployWhenSuperseded
          ? ". Set redeployWhenSuperseded to deploy again"
          : "";
      session.reporter.notice(`${label} ${describe(supersededBy)}${advice}`, "superseded");
    }
    if (deploy.status === "FAILED" && props.status !== "FAILED") {
      session.reporter.notice(`${label} FAILED${withReason(deploy.statusReason)}`, "deploy-failed");
    }
    const known = { ...props, organizationId: ref.organizationId };
    return { id, props: refreshOutputs(known, { deploy, supersededBy }) };
  } catch (error) {
    const isLookup = props.status === undefined;
    if (isLookup || !(error instanceof AstroError) || error.status !== 404) throw error;
    await assertDeploymentExists(client, ref);
    return {};
  }
}

/**
 * A wrong base URL, a wrong organization and an API version that has ended answer 404 as well, and
 * what the state forgets is deployed again: the deploy is gone only if its Deployment is there.
 */
async function assertDeploymentExists(client: AstroClient, ref: DeploymentRef): Promise<void> {
  try {
    await client.getDeployment(ref);
  } catch (error) {
    if (!(error instanceof AstroError)) throw error;
    throw new CodedError(
      "refresh-uncertain",
      `The deploy was not found, and it is not certain that it is gone. ${error.message} If the Deployment was deleted, \`pulumi state delete\` removes the resource.`,
      { cause: error },
    );
  }
}

/** @throws Error if a look-up gives something else. */
function requireId(name: string, value: unknown): string {
  const problem = idProblem(value);
  if (problem === undefined) return value as string;
  throw new CodedError("invalid-lookup", `Could not look up the deploy: ${name} ${problem}.`);
}

/** The engine shows no change of an output that is not an input, so a notice says it. */
function describe({ deployId, type, createdAt, by }: SupersedingDeploy): string {
  return `was superseded by deploy ${deployId} (${type}, ${createdAt}${by === undefined ? "" : `, by ${by}`})`;
}
