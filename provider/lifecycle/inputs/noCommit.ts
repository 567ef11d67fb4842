import type { GitRequest } from "../../astro/types";

/**
 * In the place of a commit that could not be determined, if a function of the provider was asked for
 * it: most languages cannot tell an argument that is undefined from one that is not given.
 */
export const noCommit: GitRequest = { provider: "GITHUB", commitSha: "" };

export function isNoCommit(git: unknown): boolean {
  return typeof git === "object" && (git as Partial<GitRequest> | null)?.commitSha === "";
}
