import { setTimeout as sleep } from "node:timers/promises";
import type { AstroClient } from "../../astro/client";
import { AstroError } from "../../astro/error";
import type { Deploy } from "../../astro/types";
import {
  onlyMatch,
  findMatchingDeploys,
  ids,
  tokenIdOf,
  type MatchingDeploys,
} from "../recovery/lostCreate";
import type { Session } from "../session";
import { createRequest, type DeployInputs } from "../inputs/table";

/** It is not known whether the POST made a deploy, and if so which one. */
export class AmbiguousCreateError extends Error {
  constructor(cause: AstroError, advice: string) {
    super(`${cause.message} ${advice}`, { cause });
  }
}

/**
 * Sends the request that makes the deploy, once as far as can be told. It is not idempotent: where
 * its answer is lost, the Deployment's list of deploys tells whether it was processed, before it is
 * sent once more.
 *
 * @param startedAt - Gives the time of this call by the service's clock, ISO 8601.
 * @throws AstroError where no deploy was made, {@link AmbiguousCreateError} where one may have been.
 */
export async function sendCreate(
  session: Session,
  inputs: DeployInputs,
  startedAt: () => string,
): Promise<Deploy> {
  const { reporter } = session;
  const client = session.client();
  let lost: AstroError;
  try {
    return await send(client, inputs);
  } catch (error) {
    if (!(error instanceof AstroError) || error.outcome !== "unknown") throw error;
    lost = error;
  }
  const alike = await lookFor(session, inputs, startedAt).catch((error: unknown) => {
    const { message } = error as Error;
    throw new AmbiguousCreateError(
      lost,
      `${message} The next \`pulumi up\` looks for what it may have made.`,
    );
  });
  const found = onlyMatch(alike);
  if (found) {
    reporter.notice(
      `${found.id}: the answer to its creation was lost; found in the list of deploys`,
    );
    return found;
  }
  const candidates = [...alike.ours, ...alike.doubtful];
  if (candidates.length > 0) {
    throw new AmbiguousCreateError(
      lost,
      `Which of the deploys ${ids(candidates)}, begun since, is this one cannot be told, so none was gone on with. Run \`pulumi up\` again for a fresh one.`,
    );
  }
  if (inputs.rollbackTo !== undefined) {
    throw new AmbiguousCreateError(
      lost,
      "It was not repeated, since each rollback is a deploy. Run `pulumi up` again.",
    );
  }
  const others =
    alike.others.length > 0 ? ` (${ids(alike.others)}, begun since by others, left alone)` : "";
  reporter.notice(
    `the creation of the deploy does not show in the list of deploys: sending it once more${others}`,
  );
  return send(client, inputs).catch((error: unknown) => {
    throw error instanceof AstroError
      ? new AmbiguousCreateError(error, "The next `pulumi up` looks for what it may have made.")
      : error;
  });
}

/**
 * Looks for what the POST has made until the service has had as long as for any other request:
 * what got no answer may still be at work.
 */
async function lookFor(
  session: Session,
  inputs: DeployInputs,
  startedAt: () => string,
): Promise<MatchingDeploys> {
  const { requestTimeoutMs } = session.settings;
  const look = () =>
    findMatchingDeploys(session.client(), inputs, startedAt(), tokenIdOf(session.settings.token));
  let alike = await look();
  for (const share of [1 / 4, 3 / 4]) {
    if (alike.ours.length + alike.doubtful.length > 0) break;
    await sleep(share * requestTimeoutMs);
    alike = await look();
  }
  return alike;
}

function send(client: AstroClient, inputs: DeployInputs): Promise<Deploy> {
  if (inputs.rollbackTo === undefined) return client.createDeploy(inputs, createRequest(inputs));
  const { description } = inputs;
  return client.rollbackDeploy(
    { ...inputs, deployId: inputs.rollbackTo },
    description === undefined ? {} : { description },
  );
}
