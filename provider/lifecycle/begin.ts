import type { AstroClient } from "../astro/client";
import { senderOf } from "./alike";
import { withCommitMessage } from "./commitMessage";
import type { Context } from "./context";
import type { DeployInputs } from "./inputs";
import type { Journal } from "./journal";
import { findLeft } from "./leftover";
import type { DeployRecord } from "./outputs";
import { post, UncertainPost } from "./post";
import { mustRollBack } from "./rollback";

/** Begins a deploy: the POST, unless an interrupted run has sent it already. */
export async function begin(
  context: Context,
  program: DeployInputs,
  journal: Journal,
): Promise<DeployRecord> {
  const inputs = withCommitMessage(context, program);
  const note = await journal.read();
  const left = note && (await findLeft(context, inputs, note));
  if (left) {
    context.reporter.notice(
      `${left.deploy.id}: going on with this deploy, which an interrupted run had begun`,
    );
    return left;
  }

  await mustRollBack(context, inputs);
  await context.engine?.exitIfEnded();
  const sender = senderOf(context.settings.token);
  const startedAt = startingNow(context.client());
  await journal.write({ startedAt: startedAt(), sender });
  const deploy = await post(context, inputs, startedAt).catch(async (error: unknown) => {
    if (error instanceof UncertainPost) await journal.write({ startedAt: startedAt(), sender });
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
