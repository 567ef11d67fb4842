import { apiVersionFacts } from "../../astro/apiVersions";
import type { AstroClient } from "../../astro/client";
import { readToken } from "../../astro/token";
import type { Deploy } from "../../astro/types";
import type { DeployInputs } from "../inputs/table";
import { pause } from "../../system/pause";
import type { Session } from "../session";
import { newestDeploys } from "./history";

/** What says which request created a deploy: the service has no idempotency key. */
export interface Sender {
  /** When the request was sent, ISO 8601, by the service's clock. */
  since: string;
  /** The id of the API token; undefined if the token does not say. */
  tokenId: string | undefined;
}

/** Deploys that a request may have created whose answer nobody has seen. */
export interface MatchingDeploys {
  /** By the same API token. */
  ours: Deploy[];
  /** By whom is not known: the token cannot be read, or the service does not say. */
  doubtful: Deploy[];
  /** By another token or user. */
  others: Deploy[];
}

/**
 * Finds the deploys that look as if a request had created them. When a deploy was created, by whom,
 * and what the request says of it are all the evidence there is.
 */
export async function findMatchingDeploys(
  client: AstroClient,
  inputs: DeployInputs,
  { since, tokenId }: Sender,
): Promise<MatchingDeploys> {
  // The service gives whole seconds.
  const earliest = new Date(Date.parse(since) - 1000).toISOString();
  const history = await newestDeploys(client, inputs, { since: earliest });
  const found: MatchingDeploys = { ours: [], doubtful: [], others: [] };
  for (const deploy of history) {
    if (Date.parse(deploy.createdAt) < Date.parse(earliest)) continue;
    if (!isResumable(deploy) || !isSameRequest(deploy, inputs, client)) continue;
    const by = deploy.createdBySubject?.id;
    if (by === undefined || tokenId === undefined) found.doubtful.push(deploy);
    else found[by === tokenId ? "ours" : "others"].push(deploy);
  }
  return found;
}

/**
 * Looks for what a request has created until the service has had as long as for any other request:
 * what got no answer may still be at work.
 */
export async function awaitMatchingDeploys(
  session: Session,
  inputs: DeployInputs,
  sender: () => Sender,
): Promise<MatchingDeploys> {
  const look = () => findMatchingDeploys(session.client(), inputs, sender());
  let found = await look();
  for (const share of [1 / 4, 3 / 4]) {
    if (found.ours.length + found.doubtful.length > 0) break;
    await pause(share * session.settings.requestTimeoutMs, session.signal);
    found = await look();
  }
  return found;
}

/** The deploy that the request has certainly created, if there is one. */
export function onlyMatch({ ours, doubtful }: Pick<MatchingDeploys, "ours" | "doubtful">) {
  const [deploy, another] = ours;
  return another || doubtful.length > 0 ? undefined : deploy;
}

/** The id of the API token that requests are sent with; undefined if it does not say. */
export function tokenIdOf(token: string | undefined): string | undefined {
  return token === undefined ? undefined : readToken(token)?.apiTokenId;
}

/** The ids of deploys, for a sentence. */
export function ids(deploys: readonly Deploy[]): string {
  return deploys.map(({ id }) => id).join(", ");
}

/** A rollback ends without anything to upload. */
function isResumable({ status, rollbackFromId }: Deploy): boolean {
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
