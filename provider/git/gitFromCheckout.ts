import * as pulumi from "@pulumi/pulumi";
import type { GitRequest } from "../astro/types";
import { readCheckout } from "./checkout";
import { programSettings } from "../program/settings";

export interface GitFromCheckoutOptions {
  /** Name of the Git remote. Default `origin`. */
  remote?: string | undefined;
  /** The same patterns as the deploy's argument `exclude`: what is not shipped is not looked at. */
  exclude?: readonly string[] | undefined;
}

/**
 * Describes, for the argument `git`, the commit that a folder's content comes from.
 *
 * It is the last commit that changed the folder, and not a later one, so that a commit elsewhere
 * in the repository asks for no deploy; in a shallow clone Git knows no better than its oldest
 * commit. Works in the detached checkouts of the usual CI systems, which name the branch in a
 * variable.
 *
 * @param path - The folder that is deployed; a relative path starts at the working directory.
 * @returns undefined, with a warning that says why, if no commit describes the folder: it has
 * changes that are not committed, is in no checkout that can be read, or its remote is one that
 * the API version cannot name. As the argument `git`, undefined causes no deploy: what was
 * deployed keeps its commit. Files that Git ignores are not looked at, though they ship.
 */
export function gitFromCheckout(
  path: string,
  { remote = "origin", exclude = [] }: GitFromCheckoutOptions = {},
): GitRequest | undefined {
  // A program in JavaScript may pass nothing.
  if (typeof path !== "string") {
    throw new pulumi.RunError("gitFromCheckout needs the path of the folder that is deployed.");
  }
  const { apiVersion } = programSettings();
  const { git, warning } = readCheckout({
    ...{ path, remote, exclude, apiVersion },
    environment: process.env,
  });
  if (warning !== undefined) {
    const effect = git
      ? "The deploy's Git commit may not be the right one"
      : "The deploy carries no Git commit";
    void pulumi.log.warn(`${effect}: ${warning}`);
  }
  return git;
}
