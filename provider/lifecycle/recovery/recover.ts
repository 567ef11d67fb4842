import type { AstroClient } from "../../astro/client";
import { AstroError } from "../../astro/error";
import type { Deploy } from "../../astro/types";
import type { DeployInputs } from "../inputs/table";
import type { DeployRecord } from "../outputs";
import type { Session } from "../session";
import { withReason } from "../text";
import { newestDeploys } from "./history";
import type { Journal, JournalEntry } from "./journal";
import { findMatchingDeploys, ids, onlyMatch } from "./lostCreate";
import { findSuccessor } from "./supersededBy";

/** How long after a request a deploy may still be the one that it created, in milliseconds. */
const recentMs = 3_600_000;

/** The deploy of an interrupted run on this machine, if it can be found and resumed. */
export async function recoverDeploy(
  session: Session,
  inputs: DeployInputs,
  journal: Journal,
): Promise<DeployRecord | undefined> {
  const entry = await journal.read();
  if (!entry) return undefined;
  const { deployId, progress = {} } = entry;
  const client = session.client();
  const deploy =
    deployId === undefined
      ? await findUnanswered(session, inputs, entry)
      : await readDeploy(client, inputs, deployId);
  const label = session.declarations.labelOf(inputs);
  const id = deploy?.id ?? deployId;
  if (id === undefined) return undefined;
  const obstacle = deploy
    ? await findObstacle(client, inputs, deploy)
    : "Astro does not know it any more";
  if (deploy && obstacle === undefined) {
    session.reporter.notice(`${label}: resuming deploy ${id} of an interrupted run`);
    return { deploy, progress };
  }
  session.reporter.notice(
    `${label}: deploy ${id} of an interrupted run is not resumed, since ${obstacle ?? ""}; creating a new one`,
  );
  return undefined;
}

/** Why to resume a deploy would change nothing, or overwrite what came after it. */
async function findObstacle(
  client: AstroClient,
  inputs: DeployInputs,
  deploy: Deploy,
): Promise<string | undefined> {
  const { status, statusReason, createdAt } = deploy;
  if (status === "FAILED") return `it FAILED${withReason(statusReason)}`;
  const history = await newestDeploys(client, inputs, { since: createdAt });
  const successor = findSuccessor(deploy, history);
  return successor && `deploy ${successor.id} came after it`;
}

async function readDeploy(
  client: AstroClient,
  inputs: DeployInputs,
  deployId: string,
): Promise<Deploy | undefined> {
  try {
    return await client.getDeploy({ ...inputs, deployId });
  } catch (error) {
    if (error instanceof AstroError && error.status === 404) return undefined;
    throw error;
  }
}

/** The deploy of a run that was interrupted before it got the answer to its request. */
async function findUnanswered(
  session: Session,
  inputs: DeployInputs,
  { startedAt, sender }: JournalEntry,
): Promise<Deploy | undefined> {
  const latest = Date.parse(startedAt) + recentMs;
  const isRecent = ({ createdAt }: Deploy) => Date.parse(createdAt) <= latest;
  const matches = await findMatchingDeploys(session.client(), inputs, {
    since: startedAt,
    tokenId: sender,
  });
  const [ours, doubtful] = [matches.ours.filter(isRecent), matches.doubtful.filter(isRecent)];
  const found = onlyMatch({ ours, doubtful });
  const candidates = [...ours, ...doubtful];
  if (!found && candidates.length > 0) {
    session.reporter.notice(
      `${session.declarations.labelOf(inputs)}: cannot tell whether an interrupted run created ${ids(candidates)}, so it is not resumed; creating a new deploy`,
    );
  }
  return found;
}
