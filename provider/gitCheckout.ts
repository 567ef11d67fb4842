import { execFileSync, spawnSync } from "node:child_process";
import { resolve } from "node:path";
import type { ApiVersion, GitRequest } from "./astro/types";
import { environmentOfOthers } from "./process";

/** What is known of the checkout that a program runs in. */
export interface Checkout {
  /** Absent where there is no commit that could be named. */
  git?: GitRequest;
  /** What the person at the terminal should know: why `git` is absent or not exact. */
  warning?: string;
}

export interface CheckoutOptions {
  /** Folder within the checkout, absolute or relative to the working directory. */
  path: string;
  /** Name of the Git remote. */
  remote: string;
  apiVersion: ApiVersion;
  /** Where CI systems say which branch a detached checkout belongs to. */
  environment: Readonly<Record<string, string | undefined>>;
}

/**
 * The branch that a CI system checked out: there HEAD is detached. The first that is set counts;
 * for a pull request the source branch comes before the merge ref.
 */
const branchVariables = [
  "GITHUB_HEAD_REF",
  "GITHUB_REF_NAME",
  "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
  "CI_COMMIT_BRANCH",
  "CI_COMMIT_REF_NAME",
  "SYSTEM_PULLREQUEST_SOURCEBRANCH",
  "BUILD_SOURCEBRANCH",
  "BITBUCKET_BRANCH",
  "CIRCLE_BRANCH",
  "CODEBUILD_WEBHOOK_HEAD_REF",
  "BUILDKITE_BRANCH",
  "CHANGE_BRANCH",
  "BRANCH_NAME",
  "GIT_BRANCH",
  "DRONE_SOURCE_BRANCH",
  "DRONE_BRANCH",
  "SEMAPHORE_GIT_BRANCH",
  "TRAVIS_PULL_REQUEST_BRANCH",
  "TRAVIS_BRANCH",
];

/**
 * Describes the checkout that `path` is in, by the last commit that changed `path`: a commit that
 * changes something else describes the same code, and asks for no new deploy.
 */
export function readCheckout(options: CheckoutOptions): Checkout {
  const folder = resolve(options.path);
  const git = (...args: string[]) => runGit(folder, args);
  const top = git("rev-parse", "--show-toplevel");
  if (top === undefined) {
    return {
      warning: `the folder is not in a Git checkout that can be read: ${complaint(folder)}.`,
    };
  }

  const commit = git("log", "-1", "--format=%H%n%P%n%an", "--", ".")?.split("\n");
  const [commitSha, parents = "", authorName] = commit ?? [];
  if (!commitSha) return { warning: "no commit holds the folder yet." };
  if (git("status", "--porcelain", "--", ".")) {
    return { warning: "the folder has changes that are not committed, so no commit describes it." };
  }
  // The oldest commit of a shallow clone stands for all that came before it.
  const isGuess = parents === "" && git("rev-parse", "--is-shallow-repository") === "true";
  const warning = `this clone is shallow, so it is not known which commit changed the folder last, and each new commit asks for another deploy; fetch the whole history (fetch-depth: 0 of GitHub's actions/checkout).`;
  const remoteUrl = git("remote", "get-url", options.remote);
  // The program may have made another name a secret.
  const called = options.remote === "origin" ? "called origin" : "of the name given";
  if (!remoteUrl) return { warning: `the checkout has no remote ${called}.` };

  const common = {
    commitSha,
    ...optional("branch", currentBranch(git, options.environment)),
    ...optional("path", git("rev-parse", "--show-prefix")?.replace(/\/$/, "")),
    ...optional("authorName", authorName),
    ...optional("beforeCommitSha", parents.split(" ")[0]),
  };
  const github = parseGithub(remoteUrl);
  if (github) {
    const { account, repo } = github;
    const commitUrl = `https://github.com/${account}/${repo}/commit/${commitSha}`;
    if (options.apiVersion === "v1beta1" && common.branch === undefined) {
      return {
        warning:
          "HEAD is detached and no variable of a CI system names the branch, which API version v1beta1 requires.",
      };
    }
    const described = { provider: "GITHUB", account, repo, commitUrl, ...common } as const;
    return { git: described, ...(isGuess && { warning }) };
  }
  if (options.apiVersion === "v1beta1") {
    return {
      warning: `the remote ${called} is not on github.com, and API version v1beta1 knows no other; set astro:apiVersion to v1.`,
    };
  }
  const described = {
    provider: "GENERIC",
    remoteUrl: withoutCredentials(remoteUrl),
    ...common,
  } as const;
  return { git: described, ...(isGuess && { warning }) };
}

/** Without what a hook of Git's passes on, which would name another checkout than the folder's. */
function gitEnvironment(): NodeJS.ProcessEnv {
  const { GIT_DIR: _, GIT_WORK_TREE: __, GIT_INDEX_FILE: ___, ...rest } = environmentOfOthers();
  return rest;
}

function runGit(folder: string, args: string[]): string | undefined {
  try {
    return execFileSync("git", ["-C", folder, ...args], {
      encoding: "utf8",
      env: gitEnvironment(),
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    // No Git, no checkout, no such remote: each means that the answer is not to be had.
    return undefined;
  }
}

/** Why Git knows nothing of a folder: it may as well belong to another user, or not exist. */
function complaint(folder: string): string {
  const { error, stderr } = spawnSync("git", ["-C", folder, "rev-parse"], {
    encoding: "utf8",
    env: gitEnvironment(),
  });
  if (error)
    return (error as NodeJS.ErrnoException).code === "ENOENT"
      ? "git is not installed"
      : error.message;
  const [line = ""] = stderr.split("\n");
  // Git quotes paths.
  return line.replace(/^fatal: /, "").replace(/'.*'/, "the folder");
}

function currentBranch(
  git: (...args: string[]) => string | undefined,
  environment: CheckoutOptions["environment"],
): string | undefined {
  const attached = git("symbolic-ref", "--short", "-q", "HEAD");
  if (attached) return attached;
  const named = branchVariables.map((variable) => environment[variable]).find(Boolean);
  return named?.replace(/^(refs\/heads\/|origin\/)/, "");
}

/** `https://github.com/acme/etl.git`, `git@github.com:acme/etl.git`, `ssh://git@github.com/acme/etl`. */
function parseGithub(remoteUrl: string): { account: string; repo: string } | undefined {
  const match =
    /^(?:\w+:\/\/)?(?:[^@/]+@)?(?:ssh\.)?github\.com(?::\d+)?[/:]([^/]+)\/([^/]+?)(?:\.git)?\/?$/.exec(
      remoteUrl,
    );
  const [, account, repo] = match ?? [];
  return account && repo ? { account, repo } : undefined;
}

/** CI systems put a token into the remote's URL. */
function withoutCredentials(remoteUrl: string): string {
  return remoteUrl.replace(/^(\w+:\/\/)[^@/]+@/, "$1");
}

function optional<K extends string>(
  name: K,
  value: string | undefined,
): Partial<Record<K, string>> {
  return value ? ({ [name]: value } as Record<K, string>) : {};
}
