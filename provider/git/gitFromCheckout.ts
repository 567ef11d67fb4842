import * as pulumi from "@pulumi/pulumi";
import type { GitRequest } from "../astro/types";
import { loadOnDemand } from "../program/lazy";
import { withCode } from "../messages";

/** How {@link gitFromCheckout} reads the checkout. */
export interface GitFromCheckoutOptions {
  /** Name of the Git remote. Default `origin`. */
  remote?: string | undefined;
  /** The deploy's argument `exclude`: files that do not ship are ignored. Default none. */
  exclude?: readonly string[] | undefined;
}

/**
 * Describes, for the argument `git`, the commit that a folder's content comes from.
 *
 * It is the last commit that changed the folder, so that a commit elsewhere in the repository
 * causes no deploy. A shallow clone may not have it; you get a warning. Works in the detached
 * checkouts of the usual CI systems, which name the branch in a variable.
 *
 * @param path - The folder that is deployed; a relative path starts at the working directory.
 * @returns undefined, with a warning, if no commit describes the folder: it has uncommitted
 * changes, Git cannot read its checkout, or the API version does not accept its remote. As the
 * argument `git`, undefined causes no deploy: what is deployed keeps its commit. Files that Git
 * ignores are ignored here too, although they ship.
 * @throws RunError if the path is missing.
 */
export function gitFromCheckout(
  path: string,
  { remote = "origin", exclude = [] }: GitFromCheckoutOptions = {},
): GitRequest | undefined {
  // A program in JavaScript may pass nothing.
  if (typeof path !== "string") {
    const message = "gitFromCheckout needs the path of the folder that is deployed.";
    throw new pulumi.RunError(withCode(message, "invalid-lookup"));
  }
  const { programSettings, readCheckout } = loadOnDemand();
  const { apiVersion } = programSettings();
  const { git, warning } = readCheckout({
    ...{ path, remote, exclude, apiVersion },
    environment: process.env,
  });
  if (warning !== undefined) {
    const effect = git ? "The deploy's Git commit may be wrong" : "The deploy has no Git commit";
    void pulumi.log.warn(withCode(`${effect}: ${warning}`, "git-commit-unknown"));
  }
  return git;
}
