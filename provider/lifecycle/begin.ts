import { senderOf } from "./alike";
import type { Context } from "./context";
import type { DeployInputs } from "./inputs";
import type { Journal } from "./journal";
import { findLeft, reportAlike } from "./leftover";
import type { DeployRecord } from "./outputs";
import { post, UncertainPost } from "./post";

/** Begins a deploy: the POST, unless an interrupted run has sent it already. */
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
  await journal.write({ startedAt, sender: senderOf(context.settings.token) });
  const deploy = await post(context, inputs, startedAt).catch(async (error: unknown) => {
    // Nothing was begun that the next run would have to find: what it found would be another's.
    if (!(error instanceof UncertainPost)) await journal.remove();
    throw error;
  });
  await journal.write({ startedAt, deployId: deploy.id });
  return { deploy, progress: {} };
}
