import type { AstroClient } from "../../astro/client";
import { AstroError } from "../../astro/error";
import type { Deploy } from "../../astro/types";
import { createRequest, type DeployInputs } from "../inputs/table";
import type { DeployRecord } from "../outputs";
import type { Journal } from "../recovery/journal";
import {
  awaitMatchingDeploys,
  ids,
  onlyMatch,
  tokenIdOf,
  type Sender,
} from "../recovery/lostCreate";
import type { Session } from "../session";
import { CodedError } from "../../messages";

/** It is not known whether the request created a deploy, and if so which one. */
class AmbiguousCreateError extends CodedError {
  constructor(cause: AstroError, advice: string) {
    super("create-uncertain", `${cause.message} ${advice}`, { cause });
  }
}

const nextRunLooks = "The next `pulumi up` looks for a deploy that it may have created.";

/**
 * Creates the deploy by one request. The request is not idempotent, so the journal knows of it from
 * before it is sent until the engine knows the deploy.
 *
 * @throws AstroError if no deploy was created, {@link AmbiguousCreateError} if one may have been.
 */
export async function createDeploy(
  session: Session,
  inputs: DeployInputs,
  journal: Journal,
): Promise<DeployRecord> {
  await session.engine?.exitIfEnded();
  const tokenId = tokenIdOf(session.settings.token);
  const startedAt = startingNow(session.client());
  const sender = () => ({ since: startedAt(), tokenId });
  const save = (deployId?: string) =>
    journal.write({ startedAt: startedAt(), sender: tokenId, deployId });

  await save();
  try {
    const deploy = await sendOnce(session, inputs, sender);
    await save(deploy.id);
    return { deploy, progress: {} };
  } catch (error) {
    if (error instanceof AmbiguousCreateError) await save();
    // Otherwise the next run would find what somebody else created.
    else await journal.remove();
    throw error;
  }
}

/**
 * Sends the request so that it is processed once: if its answer is lost, the Deployment's list of
 * deploys tells whether it was, before it is sent a second time.
 */
async function sendOnce(
  session: Session,
  inputs: DeployInputs,
  sender: () => Sender,
): Promise<Deploy> {
  const client = session.client();
  const label = session.declarations.labelOf(inputs);
  let lost: AstroError;
  try {
    return await send(client, inputs);
  } catch (error) {
    if (!(error instanceof AstroError) || error.outcome !== "unknown") throw error;
    lost = error;
  }

  const matches = await awaitMatchingDeploys(session, inputs, sender).catch((error: unknown) => {
    throw new AmbiguousCreateError(lost, `${(error as Error).message} ${nextRunLooks}`);
  });
  const found = onlyMatch(matches);
  if (found) {
    session.reporter.notice(
      `${label}: the answer to the create request was lost; found deploy ${found.id} in the list of deploys`,
    );
    return found;
  }
  const candidates = [...matches.ours, ...matches.doubtful];
  if (candidates.length > 0) {
    throw new AmbiguousCreateError(
      lost,
      `Cannot tell which of the deploys ${ids(candidates)} is ours, so none was resumed. Run \`pulumi up\` again to create a new one.`,
    );
  }
  if (inputs.rollbackTo !== undefined) {
    throw new AmbiguousCreateError(
      lost,
      "It was not retried, since each rollback is a deploy. Run `pulumi up` again.",
    );
  }

  const others = matches.others.length > 0 ? ` (${ids(matches.others)} was created by others)` : "";
  session.reporter.notice(
    `${label}: the deploy is not listed; retrying the create request${others}`,
  );
  return send(client, inputs).catch((error: unknown) => {
    throw error instanceof AstroError ? new AmbiguousCreateError(error, nextRunLooks) : error;
  });
}

function send(client: AstroClient, inputs: DeployInputs): Promise<Deploy> {
  const { rollbackTo, description } = inputs;
  if (rollbackTo === undefined) return client.createDeploy(inputs, createRequest(inputs));
  const request = description === undefined ? {} : { description };
  return client.rollbackDeploy({ ...inputs, deployId: rollbackTo }, request);
}

/**
 * This moment, by the service's clock: as well as it is known when it is asked for, since the first
 * answer that tells the time may come later.
 */
function startingNow(client: AstroClient): () => string {
  const start = performance.now();
  return () => new Date(client.now().getTime() - (performance.now() - start)).toISOString();
}
