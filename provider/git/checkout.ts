import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { excluder } from "../artifact/walk";
import type { ApiVersion, GitRequest } from "../astro/types";
import { childEnv } from "../system/process";

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
  /** What of the folder is not shipped: what is done to it says nothing of the deploy. */
  exclude: readonly string[];
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
  const git: Git = (...args) => runGit(folder, args)?.trim();
  const top = git("rev-parse", "--show-toplevel");
  if (top === undefined) {
    return {
      warning: `the folder is not in a Git checkout that can be read: ${whyUnreadable(folder)}.`,
    };
  }

  const ships = shipsFilter(options.exclude, git("rev-parse", "--show-prefix") ?? "");
  const commit = lastCommit(folder, ships)?.trim().split("\n");
  const [commitSha, parents = "", authorName] = commit ?? [];
  if (!commitSha) return { warning: "no commit holds the folder yet." };
  const changed = uncommittedChanges(folder);
  if (!changed) return { warning: "Git cannot compare the folder with its last commit." };
  if (changed.some(ships)) {
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

/** Whether what Git names, from the top of the checkout, is in the folder and shipped with it. */
function shipsFilter(exclude: readonly string[], prefix: string): (name: string) => boolean {
  const isExcluded = excluder(exclude);
  return (name) => {
    const isFolder = name.endsWith("/");
    const inner = name.slice(prefix.length, isFolder ? -1 : undefined);
    // The folder itself, where it is an untracked checkout of its own.
    return inner === "" || !isExcluded(inner, isFolder);
  };
}

/** The last commit that changed what is shipped: its id, its parents and its author, a line each. */
function lastCommit(folder: string, ships: (name: string) => boolean): string | undefined {
  const isShipped = (commit: string) => {
    const names = runGit(folder, [
      ...["diff-tree", "--root", "--no-commit-id", "--name-only", "-r", "-z", commit, "--", "."],
    ]);
    // Of a merge Git names no files.
    return !names || split(names).some(ships);
  };
  // Most often it is the newest one, and Git takes its time to find more.
  for (let skip = 0, count = 1; ; skip += count, count = 50) {
    const list = ["rev-list", `--skip=${skip}`, `--max-count=${count}`, "HEAD", "--", "."];
    const commits = runGit(folder, list)?.trim().split("\n") ?? [""];
    const commit = commits.find((it) => it === "" || isShipped(it));
    if (commit === "") return undefined;
    if (commit !== undefined) {
      return runGit(folder, ["log", "-1", "--no-show-signature", "--format=%H%n%P%n%an", commit]);
    }
  }
}

/**
 * What in the folder is not as the last commit has it, file by file, whatever Git is configured to
 * show: all of it ships. Undefined if Git cannot tell.
 */
function uncommittedChanges(folder: string): string[] | undefined {
  const status = runGit(folder, [
    ...["status", "--porcelain", "-z", "--no-renames"],
    ...["--untracked-files=all", "--ignore-submodules=none", "--", "."],
  ]);
  return status === undefined ? undefined : split(status).map((line) => line.slice("XY ".length));
}

/**
 * The message of a commit, as far as the checkout that a folder is in has it.
 *
 * @param commitSha - As the program gives it, so perhaps of another repository.
 */
export function commitMessage(folder: string, commitSha: string): string | undefined {
  // What else Git takes for a revision, or for an option, names no commit for certain.
  if (!/^[0-9a-f]{7,64}$/i.test(commitSha)) return undefined;
  const message = runGit(folder, [
    ...["log", "-1", "--no-show-signature", "--encoding=UTF-8", "--format=%B", commitSha, "--"],
  ])?.trim();
  return message === "" ? undefined : message;
}

type Git = (...args: string[]) => string | undefined;

function split(names: string): string[] {
  return names.split("\0").filter((name) => name !== "");
}

/** What a hook of Git's passes on: it would name another checkout than the folder's. */
const variablesOfHooks = new Set([
  "GIT_DIR",
  "GIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_COMMON_DIR",
  "GIT_OBJECT_DIRECTORY",
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_SHALLOW_FILE",
  "GIT_GRAFT_FILE",
  "GIT_NAMESPACE",
  "GIT_PREFIX",
]);

function gitEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(childEnv());
  return {
    ...Object.fromEntries(inherited.filter(([name]) => !variablesOfHooks.has(name))),
    // Its complaints are looked into, and it is to change nothing, fetch nothing and ask nobody.
    LC_ALL: "C",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_LAZY_FETCH: "1",
    GIT_TERMINAL_PROMPT: "0",
  };
}

function spawnGit(folder: string, args: readonly string[]) {
  return spawnSync("git", ["-C", folder, ...args], {
    encoding: "utf8",
    env: gitEnvironment(),
    maxBuffer: Infinity,
  });
}

/** No Git, no checkout, no such remote: each means that the answer is not to be had. */
function runGit(folder: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnGit(folder, args);
  return status === 0 ? stdout : undefined;
}

/** Why Git knows nothing of a folder: it may as well belong to another user, or not exist. */
function whyUnreadable(folder: string): string {
  const { error, stderr } = spawnGit(folder, ["rev-parse"]);
  if (error)
    return (error as NodeJS.ErrnoException).code === "ENOENT"
      ? "git is not installed"
      : error.message;
  const reason = /^fatal: (.*)$/m.exec(stderr)?.[1] ?? stderr.trim().split("\n")[0] ?? "";
  // A container that a CI system runs a job in: Git says what to do, and quotes paths.
  const remedy = stderr.includes("git config --global --add safe.directory ")
    ? ". If you trust it, run `git config --global --add safe.directory …` with the path of the checkout"
    : "";
  return `${reason.replace(/'.*'/, "the folder")}${remedy}`;
}

function currentBranch(git: Git, environment: CheckoutOptions["environment"]): string | undefined {
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
