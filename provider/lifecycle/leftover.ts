import type { AstroClient } from "../astro/client";
import { AstroError } from "../astro/errors";
import type { Deploy } from "../astro/types";
import { certain, findAlike, ids } from "./alike";
import type { Context } from "./context";
import { newestDeploys } from "./history";
import type { DeployInputs } from "./inputs";
import type { Note } from "./journal";
import type { DeployRecord } from "./outputs";
import { because } from "./sentence";
import { findOwner } from "./successors";

/** How long after a request what is found may still be its deploy, in milliseconds. */
const alikeMs = 3_600_000;

/** The deploy of an interrupted run on this machine, where it can be found and gone on with. */
export async function findLeft(
  context: Context,
  inputs: DeployInputs,
  note: Note,
): Promise<DeployRecord | undefined> {
  const { deployId, progress = {} } = note;
  const deploy =
    deployId === undefined
      ? await findNoted(context, inputs, note)
      : await readNoted(context.client(), inputs, deployId);
  const id = deploy?.id ?? deployId;
  if (id === undefined) return undefined;
  const reason = deploy
    ? await reasonToLeave(context, inputs, deploy)
    : "Astro does not know it any more";
  if (deploy && reason === undefined) return { deploy, progress };
  context.reporter.notice(
    `${id}: left alone; an interrupted run had begun it, and ${reason ?? ""}. A fresh deploy is made`,
  );
  return undefined;
}

/** Why to go on with a deploy would change nothing, or undo what came after it. */
async function reasonToLeave(
  context: Context,
  inputs: DeployInputs,
  deploy: Deploy,
): Promise<string | undefined> {
  const { status, statusReason, createdAt } = deploy;
  if (status === "FAILED") return `it FAILED${because(statusReason)}`;
  const owner = findOwner(
    deploy,
    await newestDeploys(context.client(), inputs, { since: createdAt }),
  );
  return owner && `deploy ${owner.id} came after it`;
}

async function readNoted(
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
async function findNoted(
  context: Context,
  inputs: DeployInputs,
  { startedAt, sender }: Note,
): Promise<Deploy | undefined> {
  const latest = Date.parse(startedAt) + alikeMs;
  const isRecent = ({ createdAt }: Deploy) => Date.parse(createdAt) <= latest;
  const alike = await findAlike(context.client(), inputs, startedAt, sender);
  const [ours, doubtful] = [alike.ours.filter(isRecent), alike.doubtful.filter(isRecent)];
  const found = certain({ ours, doubtful });
  const candidates = [...ours, ...doubtful];
  if (!found && candidates.length > 0) {
    context.reporter.notice(
      `${ids(candidates)}: left alone; an interrupted run may have begun it, which cannot be told. A fresh deploy is made`,
    );
  }
  return found;
}
