import { readCheckout } from "../../git/checkout";
import { noCommit } from "../../lifecycle/inputs/noCommit";
import type { Session } from "../../lifecycle/session";
import { findDeployment } from "../../lookups/findDeployment";
import { findDeploy, findDeploys, findNewestDeploy } from "../../lookups/findDeploys";
import { requireId } from "../../lookups/ids";
import { CodedError } from "../../messages";

type Args = Record<string, unknown>;
type ProviderFunction = (session: Session, args: Args) => unknown;

/** The provider's functions, by their tokens. */
export const functions: ReadonlyMap<string, ProviderFunction> = new Map<string, ProviderFunction>([
  ["astro:index:getDeploy", lookUp(findDeploy)],
  ["astro:index:getDeployment", lookUp(findDeployment)],
  // An object, as every answer of a function.
  ["astro:index:getDeploys", lookUp(async (...to) => ({ deploys: await findDeploys(...to) }))],
  ["astro:index:getNewestDeploy", lookUp(findNewestDeploy)],
  ["astro:index:gitFromCheckout", gitFromCheckout],
]);

type Find = (
  args: Args,
  client: ReturnType<Session["client"]>,
  organizationId: string,
) => Promise<unknown>;

function lookUp(find: Find): ProviderFunction {
  return (session, args) => {
    const organizationId = args.organizationId ?? session.settings.organizationId;
    return find(args, session.client(), requireId("organizationId", organizationId));
  };
}

function gitFromCheckout({ settings, reporter }: Session, args: Args): unknown {
  const { path, remote = "origin", exclude = [] } = args;
  if (typeof path !== "string") {
    throw new CodedError(
      "invalid-lookup",
      "gitFromCheckout needs the path of the folder that is deployed.",
    );
  }
  const { git, warning } = readCheckout({
    path,
    remote: String(remote),
    exclude: Array.isArray(exclude) ? exclude.map(String) : [],
    apiVersion: settings.apiVersion,
    environment: process.env,
  });
  if (warning !== undefined) {
    const effect = git ? "The deploy's Git commit may be wrong" : "The deploy has no Git commit";
    reporter.warning(`${effect}: ${warning}`, "git-commit-unknown");
  }
  return { git: git ?? noCommit };
}
