import { apiVersionFacts } from "../../astro/apiVersions";
import type { AstroClient } from "../../astro/client";
import { readToken } from "../../astro/token";
import type { Deploy } from "../../astro/types";
import { newestDeploys } from "./history";
import type { DeployInputs } from "../inputs/table";

/** Deploys that a request may have made whose answer nobody has seen. */
export interface MatchingDeploys {
  /** By the same API token. */
  ours: Deploy[];
  /** By whom is not known: the token cannot be read, or the service does not say. */
  doubtful: Deploy[];
  /** By another token or user. */
  others: Deploy[];
}

/**
 * Finds the deploys that look as if a request had made them. The service has no idempotency key:
 * when a deploy was made, by whom, and what the request says of it are all the evidence there is.
 *
 * @param since - When the request was sent, ISO 8601, by the service's clock.
 * @param sender - Who sent it, as {@link tokenIdOf} says.
 */
export async function findMatchingDeploys(
  client: AstroClient,
  inputs: DeployInputs,
  since: string,
  sender: string | undefined,
): Promise<MatchingDeploys> {
  // The service gives whole seconds.
  const earliest = new Date(Date.parse(since) - 1000).toISOString();
  const history = await newestDeploys(client, inputs, { since: earliest });
  const alike: MatchingDeploys = { ours: [], doubtful: [], others: [] };
  for (const deploy of history) {
    if (Date.parse(deploy.createdAt) < Date.parse(earliest)) continue;
    if (!canGoOn(deploy) || !isSameRequest(deploy, inputs, client)) continue;
    const by = deploy.createdBySubject?.id;
    if (by === undefined || sender === undefined) alike.doubtful.push(deploy);
    else alike[by === sender ? "ours" : "others"].push(deploy);
  }
  return alike;
}

/** The id of the API token that requests are sent with; undefined where it does not say. */
export function tokenIdOf(token: string | undefined): string | undefined {
  return token === undefined ? undefined : readToken(token)?.apiTokenId;
}

/** The deploy that the request has certainly made, if there is one. */
export function onlyMatch({
  ours,
  doubtful,
}: Pick<MatchingDeploys, "ours" | "doubtful">): Deploy | undefined {
  const [deploy, another] = ours;
  return another || doubtful.length > 0 ? undefined : deploy;
}

/** The ids of deploys, for a sentence. */
export function ids(deploys: readonly Deploy[]): string {
  return deploys.map(({ id }) => id).join(", ");
}

/** A rollback ends without more ado. */
function canGoOn({ status, rollbackFromId }: Deploy): boolean {
  return status === "INITIALIZED" || rollbackFromId !== undefined;
}

/** Only what the API version answers says anything. */
function isSameRequest(
  deploy: Deploy,
  inputs: DeployInputs,
  { apiVersion }: Pick<AstroClient, "apiVersion">,
): boolean {
  const { rollbackTo } = inputs;
  if (deploy.rollbackFromId !== rollbackTo) return false;
  if ((deploy.description ?? "") !== (inputs.description ?? "")) return false;
  if (rollbackTo !== undefined) return true;
  return (
    // Responses need not say BUNDLE, which their documented list of types lacks.
    (inputs.type === "BUNDLE" || deploy.type === inputs.type) &&
    (deploy.bundleMountPath ?? "") === (inputs.bundleMountPath ?? "") &&
    (!apiVersionFacts[apiVersion].answersGit ||
      (deploy.git?.commitSha ?? "") === (inputs.git?.commitSha ?? ""))
  );
}
