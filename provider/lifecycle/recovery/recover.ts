import type { AstroClient } from "../../astro/client";
import { AstroError } from "../../astro/error";
import type { Deploy } from "../../astro/types";
import { onlyMatch, findMatchingDeploys, ids } from "./lostCreate";
import type { Session } from "../session";
import { newestDeploys } from "./history";
import type { DeployInputs } from "../inputs/table";
import type { JournalEntry } from "./journal";
import type { DeployRecord } from "../outputs";
import { withReason } from "../text";
import { findSuccessor } from "./supersededBy";

/** How long after a request what is found may still be its deploy, in milliseconds. */
const recentMs = 3_600_000;

/** The deploy of an interrupted run on this machine, where it can be found and gone on with. */
export async function recoverDeploy(
  session: Session,
  inputs: DeployInputs,
  entry: JournalEntry,
): Promise<DeployRecord | undefined> {
  const { deployId, progress = {} } = entry;
  const deploy =
    deployId === undefined
      ? await findLostDeploy(session, inputs, entry)
      : await readDeploy(session.client(), inputs, deployId);
  const id = deploy?.id ?? deployId;
  if (id === undefined) return undefined;
  const reason = deploy
    ? await reasonToLeave(session, inputs, deploy)
    : "Astro does not know it any more";
  if (deploy && reason === undefined) return { deploy, progress };
  session.reporter.notice(
    `${id}: left alone; an interrupted run had begun it, and ${reason ?? ""}. A fresh deploy is made`,
  );
  return undefined;
}

/** Why to go on with a deploy would change nothing, or undo what came after it. */
async function reasonToLeave(
  session: Session,
  inputs: DeployInputs,
  deploy: Deploy,
): Promise<string | undefined> {
  const { status, statusReason, createdAt } = deploy;
  if (status === "FAILED") return `it FAILED${withReason(statusReason)}`;
  const owner = findSuccessor(
    deploy,
    await newestDeploys(session.client(), inputs, { since: createdAt }),
  );
  return owner && `deploy ${owner.id} came after it`;
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

/** The deploy of a run that was interrupted before it had seen the answer to its POST. */
async function findLostDeploy(
  session: Session,
  inputs: DeployInputs,
  { startedAt, sender }: JournalEntry,
): Promise<Deploy | undefined> {
  const latest = Date.parse(startedAt) + recentMs;
  const isRecent = ({ createdAt }: Deploy) => Date.parse(createdAt) <= latest;
  const alike = await findMatchingDeploys(session.client(), inputs, startedAt, sender);
  const [ours, doubtful] = [alike.ours.filter(isRecent), alike.doubtful.filter(isRecent)];
  const found = onlyMatch({ ours, doubtful });
  const candidates = [...ours, ...doubtful];
  if (!found && candidates.length > 0) {
    session.reporter.notice(
      `${ids(candidates)}: left alone; an interrupted run may have begun it, which cannot be told. A fresh deploy is made`,
    );
  }
  return found;
}
