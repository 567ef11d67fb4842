import { setTimeout as sleep } from "node:timers/promises";
import type { AstroClient } from "../astro/client";
import { AstroError } from "../astro/errors";
import type { Deploy } from "../astro/types";
import { certain, findAlike, ids, type Alike } from "./alike";
import type { Context } from "./context";
import { findOwner, newestDeploys } from "./history";
import { createRequest, type DeployInputs } from "./inputs";
import { Journal, type Note } from "./journal";
import type { DeployRecord } from "./outputs";

/**
 * Begins a deploy: the POST, unless an interrupted run has sent it already.
 *
 * The POST is not idempotent. Where its answer is lost, the Deployment's list of deploys tells
 * whether it was processed, before another is sent.
 */
export async function begin(
  context: Context,
  inputs: DeployInputs,
  journal: Journal,
): Promise<DeployRecord> {
  const note = await journal.read();
  const left = note && (await findLeft(context, inputs, note));
  if (left) {
    context.reporter.notice(
      `${left.deploy.id}: going on with this deploy, which an interrupted run had begun`,
    );
    return left;
  }
  if (!note) await reportAlike(context, inputs);

  await context.engine?.exitIfEnded();
  const startedAt = context.client().now().toISOString();
  await journal.write({ startedAt });
  const deploy = await post(context, inputs, startedAt).catch(async (error: unknown) => {
    // Nothing was begun that the next run would have to find: what it found would be another's.
    if (!(error instanceof UncertainPost)) await journal.remove();
    throw error;
  });
  await journal.write({ startedAt, deployId: deploy.id });
  return { deploy, progress: {} };
}

/** How long after a request what is found may still be its deploy, in milliseconds. */
const alikeMs = 3_600_000;

/** The deploy of an interrupted run on this machine, where it can be found and gone on with. */
async function findLeft(
  context: Context,
  inputs: DeployInputs,
  note: Note,
): Promise<DeployRecord | undefined> {
  const { progress = {} } = note;
  const deploy =
    note.deployId === undefined
      ? await findNoted(context, inputs, note.startedAt)
      : await readNoted(context.client(), inputs, note.deployId);
  if (!deploy || deploy.status === "FAILED") return undefined;
  const history = await newestDeploys(context.client(), inputs, deploy.createdAt);
  const owner = findOwner(deploy, history);
  if (!owner) return { deploy, progress };
  // To go on with it would change nothing, or undo what came after it.
  context.reporter.notice(
    `${deploy.id}: left alone; an interrupted run had begun it, and deploy ${owner.id} came after it. A fresh deploy is made`,
  );
  return undefined;
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
  startedAt: string,
): Promise<Deploy | undefined> {
  const { token } = context.settings;
  const latest = Date.parse(startedAt) + alikeMs;
  const isRecent = ({ createdAt }: Deploy) => Date.parse(createdAt) <= latest;
  const alike = await findAlike(context.client(), inputs, startedAt, token);
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

/** It is not known whether the POST made a deploy, and if so which one. */
class UncertainPost extends Error {
  constructor(cause: AstroError, advice: string) {
    super(`${cause.message} ${advice}`, { cause });
  }
}

async function post(context: Context, inputs: DeployInputs, startedAt: string): Promise<Deploy> {
  const { reporter } = context;
  const client = context.client();
  let lost: AstroError;
  try {
    return await send(client, inputs);
  } catch (error) {
    if (!(error instanceof AstroError) || error.fate !== "unknown") throw error;
    lost = error;
  }
  const alike = await lookFor(context, inputs, startedAt).catch(() => {
    throw new UncertainPost(lost, "The next `pulumi up` looks for what it may have made.");
  });
  const found = certain(alike);
  if (found) {
    reporter.notice(
      `${found.id}: the answer to its creation was lost; found in the list of deploys`,
    );
    return found;
  }
  const candidates = [...alike.ours, ...alike.doubtful];
  if (candidates.length > 0) {
    throw new UncertainPost(
      lost,
      `Which of the deploys ${ids(candidates)}, begun since, is this one cannot be told, so none was gone on with. Run \`pulumi up\` again for a fresh one.`,
    );
  }
  if (inputs.rollbackTo !== undefined) {
    throw new UncertainPost(
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
      ? new UncertainPost(error, "The next `pulumi up` looks for what it may have made.")
      : error;
  });
}

/**
 * Looks for what the POST has made until the service has had as long as for any other request:
 * what got no answer may still be at work.
 */
async function lookFor(context: Context, inputs: DeployInputs, startedAt: string): Promise<Alike> {
  const { requestTimeoutMs, token } = context.settings;
  const look = () => findAlike(context.client(), inputs, startedAt, token);
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

/**
 * Says what looks like the work of a run that was interrupted on another machine, unless the program
 * knows of it or something came after it. It is left alone: it may as well be another program's that
 * is at work on it now, and a deploy that is never finalized changes nothing.
 */
async function reportAlike(context: Context, inputs: DeployInputs): Promise<void> {
  const client = context.client();
  const since = new Date(client.now().getTime() - alikeMs).toISOString();
  const { token } = context.settings;
  const { ours, doubtful, history } = await findAlike(client, inputs, since, token);
  for (const deploy of [...ours, ...doubtful]) {
    const { id, createdAt, status, dagTarballVersion } = deploy;
    // One with a version is finalized, and on its way.
    if (status !== "INITIALIZED" || dagTarballVersion !== undefined) continue;
    if (context.known.has(id) || findOwner(deploy, history)) continue;
    context.reporter.notice(
      `${id}: left alone; it was begun at ${createdAt} by the same kind of request and not finished. A fresh deploy is made`,
    );
  }
}
