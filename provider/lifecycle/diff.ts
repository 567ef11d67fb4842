import { changedInputs, countsInRollback, readFingerprint } from "./inputs/fingerprint";
import { inputsThat, isManaged, type DeployInputs } from "./inputs/table";
import type { TreeInput } from "./sources/fileSource";
import { modeChanges } from "./sources/modeChanges";
import { treeSources } from "./sources/sources";
import { summarizeDiff } from "./diffSummary";
import type { DeployOutputs } from "./outputs";
import { removeEntriesOf } from "./recovery/journal";
import type { Session } from "./session";

/** What the engine asks after each `check`: is there something to do? */
export interface DiffResult {
  changes: boolean;
  /** The inputs (or outputs) that make another deploy necessary. */
  replaces: string[];
}

/**
 * Says whether there is something to do, and in the engine's log what its own display does not say.
 *
 * @param id - The deploy's.
 */
export async function diff(
  session: Session,
  id: string,
  olds: Partial<DeployOutputs>,
  news: DeployInputs,
): Promise<DiffResult> {
  const result = compare(olds, news, id);
  const label = session.declarations.labelOf(news);
  const modeOnly: Partial<Record<TreeInput, string[]>> = {};
  for (const source of treeSources(news, session.declarations.of(news))) {
    if (!result.replaces.includes(source.digest)) continue;
    modeOnly[source.property] = await modeChanges(session, source, olds[source.summary] ?? {});
  }
  for (const line of summarizeDiff(olds, news, result, modeOnly))
    session.reporter.notice(`${label}: ${line}`);
  if (!isUnfinished(olds, news)) removeEntriesOf(session, id);
  const isAsDeclared = !result.changes && olds.status === "DEPLOYED";
  session.declarations.keepUnchanged(news, isAsDeclared ? olds.createdAt : undefined);
  return result;
}

/**
 * A deploy is an immutable record: every describing input that changed asks for another deploy,
 * and so does a deploy that can never be finished. A deploy that is merely unfinished asks for an
 * update, which resumes it.
 */
export function compare(olds: Partial<DeployOutputs>, news: DeployInputs, id?: string): DiffResult {
  if (runsAlready(olds, news, id)) return { changes: isKeptOtherwise(olds, news), replaces: [] };
  const replaces = changedInputs(readFingerprint(olds), news);
  if (replaces.length === 0 && isManaged(news)) {
    if (olds.status === "FAILED") replaces.push("status");
    else if (olds.progress?.abandoned !== undefined) replaces.push("progress");
    else if (olds.supersededBy && news.redeployWhenSuperseded) replaces.push("supersededBy");
  }
  const changes = replaces.length > 0 || isUnfinished(olds, news) || isKeptOtherwise(olds, news);
  return { changes, replaces };
}

/** Whether the program asks for a rollback to the very deploy that the resource is, and that runs. */
export function runsAlready(
  olds: Partial<DeployOutputs>,
  news: DeployInputs,
  id: string | undefined,
): boolean {
  if (news.rollbackTo === undefined || news.rollbackTo !== id) return false;
  if (olds.status !== "DEPLOYED" || olds.supersededBy) return false;
  return changedInputs(readFingerprint(olds), news).every(
    (name) => name === "rollbackTo" || !countsInRollback(name),
  );
}

/** Whether there is something left to do for a deploy that nothing is wrong with. */
export function isUnfinished(olds: Partial<DeployOutputs>, news: DeployInputs): boolean {
  if (!isManaged(news)) return false;
  if (olds.status === "DEPLOYED") {
    // What superseded it took its place: it is not seen healthy any more.
    return news.waitFor === "HEALTHY" && olds.progress?.health === "awaited" && !olds.supersededBy;
  }
  return olds.progress?.finalize !== "done" || news.wait !== false;
}

const kept = inputsThat((facts) => facts.kept) as (keyof DeployOutputs)[];

/** Whether the state has to learn what is kept for later. */
function isKeptOtherwise(olds: Partial<DeployOutputs>, news: DeployInputs): boolean {
  return kept.some((name) => (olds[name] ?? false) !== (news[name as keyof DeployInputs] ?? false));
}
