import type { AstroClient } from "../../astro/client";
import { tokenIdOf } from "../recovery/lostCreate";
import { withCommitMessage } from "../inputs/commitMessage";
import type { Session } from "../session";
import type { DeployInputs } from "../inputs/table";
import type { Journal } from "../recovery/journal";
import { recoverDeploy } from "../recovery/recover";
import type { DeployRecord } from "../outputs";
import { sendCreate, AmbiguousCreateError } from "./createDeploy";
import { assertRollbackNeeded } from "./rollback";

/** Begins a deploy: the POST, unless an interrupted run has sent it already. */
export async function createDeploy(
  session: Session,
  program: DeployInputs,
  journal: Journal,
): Promise<DeployRecord> {
  const inputs = withCommitMessage(session, program);
  const entry = await journal.read();
  const left = entry && (await recoverDeploy(session, inputs, entry));
  if (left) {
    session.reporter.notice(
      `${left.deploy.id}: going on with this deploy, which an interrupted run had begun`,
    );
    return left;
  }

  await assertRollbackNeeded(session, inputs);
  await session.engine?.exitIfEnded();
  const sender = tokenIdOf(session.settings.token);
  const startedAt = startingNow(session.client());
  await journal.write({ startedAt: startedAt(), sender });
  const deploy = await sendCreate(session, inputs, startedAt).catch(async (error: unknown) => {
    if (error instanceof AmbiguousCreateError)
      await journal.write({ startedAt: startedAt(), sender });
    // Nothing was begun that the next run would have to find: what it found would be another's.
    else await journal.remove();
    throw error;
  });
  await journal.write({ startedAt: startedAt(), deployId: deploy.id });
  return { deploy, progress: {} };
}

/**
 * This moment, by the service's clock: as well as it is known when it is asked for, since the first
 * answer that tells the time may come later.
 */
function startingNow(client: AstroClient): () => string {
  const start = performance.now();
  return () => new Date(client.now().getTime() - (performance.now() - start)).toISOString();
}
