import type { AstroClient } from "../astro/client";
import { AstroError } from "../astro/errors";
import type { Deploy } from "../astro/types";
import { readToken } from "../astro/token";
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
  const client = context.client();
  const note = await journal.read();
  const left = note && (await findLeft(client, inputs, context, note));
  if (left) {
    context.reporter.notice(
      `${left.deploy.id}: going on with this deploy, which an interrupted run had begun`,
    );
    return left;
  }
  if (!note) await reportAlike(client, inputs, context);

  await context.engine?.exitIfEnded();
  const startedAt = client.now().toISOString();
  await journal.write({ startedAt });
  const deploy = await post(client, inputs, context, startedAt).catch(async (error: unknown) => {
    // Nothing was begun that the next run would have to find: what it found would be another's.
    if (!(error instanceof AstroError) || error.fate !== "unknown") await journal.remove();
    throw error;
  });
  await journal.write({ startedAt, deployId: deploy.id });
  return { deploy, progress: {} };
}

/** The deploy of an interrupted run on this machine, where it can be found and gone on with. */
async function findLeft(
  client: AstroClient,
  inputs: DeployInputs,
  context: Context,
  note: Note,
): Promise<DeployRecord | undefined> {
  const { progress = {} } = note;
  const deploy = await findNoted(client, inputs, context, note);
  if (!deploy || deploy.status === "FAILED") return undefined;
  const owner = findOwner(deploy, await newestDeploys(client, inputs, deploy.createdAt));
  if (!owner) return { deploy, progress };
  // To go on with it would change nothing, or undo what came after it.
  context.reporter.notice(
    `${deploy.id}: left alone; an interrupted run had begun it, and deploy ${owner.id} came after it. A fresh deploy is made`,
  );
  return undefined;
}

async function findNoted(
  client: AstroClient,
  inputs: DeployInputs,
  context: Context,
  { deployId, startedAt }: Note,
): Promise<Deploy | undefined> {
  if (deployId === undefined) {
    const latest = Date.parse(startedAt) + alikeMs;
    const [lost, another] = (await findLost(client, inputs, context, startedAt)).filter(
      ({ createdAt }) => Date.parse(createdAt) <= latest,
    );
    return another ? undefined : lost;
  }
  try {
    return await client.getDeploy({ ...inputs, deployId });
  } catch (error) {
    if (error instanceof AstroError && error.status === 404) return undefined;
    throw error;
  }
}

async function post(
  client: AstroClient,
  inputs: DeployInputs,
  context: Context,
  startedAt: string,
): Promise<Deploy> {
  try {
    return await send(client, inputs);
  } catch (error) {
    if (!(error instanceof AstroError) || error.fate !== "unknown") throw error;
    const found = await findLost(client, inputs, context, startedAt);
    const [lost, another] = found;
    if (lost && !another) {
      context.reporter.notice(
        `${lost.id}: the answer to its creation was lost; found in the list of deploys`,
      );
      return lost;
    }
    if (another) {
      const ids = found.map(({ id }) => id).join(", ");
      throw new Error(
        `${error.message} Which of the deploys ${ids}, begun since, is this one cannot be told, so none was gone on with. Run \`pulumi up\` again for a fresh one.`,
        { cause: error },
      );
    }
    context.reporter.notice("the creation of the deploy was not processed: sending it once more");
    return send(client, inputs);
  }
}

function send(client: AstroClient, inputs: DeployInputs): Promise<Deploy> {
  if (inputs.rollbackTo === undefined) return client.createDeploy(inputs, createRequest(inputs));
  const { description } = inputs;
  return client.rollbackDeploy(
    { ...inputs, deployId: inputs.rollbackTo },
    description === undefined ? {} : { description },
  );
}

/** The deploys that the same request by the same token has begun since. */
async function findLost(
  client: AstroClient,
  inputs: DeployInputs,
  context: Context,
  since: string,
): Promise<Deploy[]> {
  // The service gives whole seconds.
  const earliest = new Date(Date.parse(since) - 1000).toISOString();
  const { token } = context.settings;
  const subject = token === undefined ? undefined : readToken(token)?.subject;
  const history = await newestDeploys(client, inputs, earliest);
  return history.filter(
    (deploy) =>
      Date.parse(deploy.createdAt) >= Date.parse(earliest) &&
      isSameRequest(deploy, inputs) &&
      (subject === undefined || (deploy.createdBySubject?.id ?? subject) === subject),
  );
}

/** How long after a request what is found may still be its deploy, in milliseconds. */
const alikeMs = 3_600_000;

/**
 * Says what looks like the work of a run that was interrupted on another machine. It is left
 * alone: it may as well be another program's that is at work on it now, and a deploy that is never
 * finalized changes nothing.
 */
async function reportAlike(
  client: AstroClient,
  inputs: DeployInputs,
  context: Context,
): Promise<void> {
  const since = new Date(client.now().getTime() - alikeMs).toISOString();
  for (const deploy of await findLost(client, inputs, context, since)) {
    const { id, createdAt, status, dagTarballVersion } = deploy;
    // One with a version is finalized, and on its way.
    if (status !== "INITIALIZED" || dagTarballVersion !== undefined) continue;
    context.reporter.notice(
      `${id}: left alone; it was begun at ${createdAt} by the same kind of request and not finished. A fresh deploy is made`,
    );
  }
}

function isSameRequest(deploy: Deploy, inputs: DeployInputs): boolean {
  const { rollbackTo } = inputs;
  if (deploy.rollbackFromId !== rollbackTo) return false;
  if ((deploy.description ?? "") !== (inputs.description ?? "")) return false;
  if (rollbackTo !== undefined) return true;
  return (
    deploy.status === "INITIALIZED" &&
    // Responses need not say BUNDLE, which their documented list of types lacks.
    (inputs.type === "BUNDLE" || deploy.type === inputs.type) &&
    (deploy.bundleMountPath ?? "") === (inputs.bundleMountPath ?? "") &&
    (deploy.git?.commitSha ?? "") === (inputs.git?.commitSha ?? "")
  );
}
