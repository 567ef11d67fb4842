import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { excluder } from "../artifact/walk";
import { apiVersionFacts } from "../astro/apiVersions";
import { apiVersions, type ApiVersion, type GitRequest } from "../astro/types";
import { childEnv } from "../system/process";

/** The result of reading a checkout. */
export interface Checkout {
  /** Absent if no commit describes the folder. */
  git?: GitRequest;
  /** Why `git` is absent or may be wrong, as a sentence without a capital letter. */
  warning?: string;
}

export interface CheckoutOptions {
  /** A folder within the checkout, absolute or relative to the working directory. */
  path: string;
  /** Name of the Git remote. */
  remote: string;
  /** Patterns of files that do not ship: their changes are ignored. */
  exclude: readonly string[];
  apiVersion: ApiVersion;
  /** Has the variables of CI systems that name the branch of a detached checkout. */
  environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Variables that name the branch that a CI system checked out, where HEAD is detached. The first
 * one that is set counts; of a pull request, the source branch comes before the merge ref.
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
 * Describes the checkout that `path` is in by the last commit that changed `path`, so that a commit
 * that changes something else does not cause a deploy.
 */
export function readCheckout(options: CheckoutOptions): Checkout {
  const folder = resolve(options.path);
  const git: Git = (...args) => runGit(folder, args)?.trim();
  const top = git("rev-parse", "--show-toplevel");
  if (top === undefined) {
    return {
      warning: `Git cannot read the folder's checkout: ${whyUnreadable(folder)}.`,
    };
  }

  const ships = shipsFilter(options.exclude, git("rev-parse", "--show-prefix") ?? "");
  const commit = lastCommit(folder, ships)?.trim().split("\n");
  const [commitSha, parents = "", authorName] = commit ?? [];
  if (!commitSha) return { warning: "no commit contains the folder yet." };
  const changed = uncommittedChanges(folder);
  if (!changed) return { warning: "Git cannot compare the folder with its last commit." };
  if (changed.some(ships)) {
    return { warning: "the folder has uncommitted changes, so no commit describes it." };
  }
  // The oldest commit of a shallow clone contains all the changes before it.
  const isGuess = parents === "" && git("rev-parse", "--is-shallow-repository") === "true";
  const warning =
    "in a shallow clone the last commit that changed the folder cannot be determined, so each new commit causes a deploy; fetch the whole history (in GitHub's actions/checkout, fetch-depth: 0).";
  const remoteUrl = git("remote", "get-url", options.remote);
  // Another name may be a secret of the program.
  const remote = options.remote === "origin" ? "remote origin" : "remote of the given name";
  if (!remoteUrl) return { warning: `the checkout has no ${remote}.` };

  const common = {
    commitSha,
    ...optional("branch", currentBranch(git, options.environment)),
    ...optional("path", git("rev-parse", "--show-prefix")?.replace(/\/$/, "")),
    ...optional("authorName", authorName),
    ...optional("beforeCommitSha", parents.split(" ")[0]),
  };
  const { apiVersion } = options;
  const { git: rules } = apiVersionFacts[apiVersion];
  const github = parseGithub(remoteUrl);
  if (github) {
    const { account, repo } = github;
    const commitUrl = `https://github.com/${account}/${repo}/commit/${commitSha}`;
    if (rules.GITHUB?.required.includes("branch") && common.branch === undefined) {
      return {
        warning: `API version ${apiVersion} requires the branch, but HEAD is detached and no variable of a CI system names it.`,
      };
    }
    const described = { provider: "GITHUB", account, repo, commitUrl, ...common } as const;
    return { git: described, ...(isGuess && { warning }) };
  }
  if (!rules.GENERIC) {
    const others = apiVersions.filter((version) => apiVersionFacts[version].git.GENERIC);
    return {
      warning: `the ${remote} is not on github.com, and API version ${apiVersion} accepts no other; set astro:apiVersion to ${others.join(" or ")}.`,
    };
  }
  const described = {
    provider: "GENERIC",
    remoteUrl: withoutCredentials(remoteUrl),
    ...common,
  } as const;
  return { git: described, ...(isGuess && { warning }) };
}

/** Returns whether a file ships, by its name relative to the top of the checkout. */
function shipsFilter(exclude: readonly string[], prefix: string): (name: string) => boolean {
  const isExcluded = excluder(exclude);
  return (name) => {
    const isFolder = name.endsWith("/");
    const inner = name.slice(prefix.length, isFolder ? -1 : undefined);
    // Empty for the folder itself, if it is an untracked checkout of its own.
    return inner === "" || !isExcluded(inner, isFolder);
  };
}

/** The last commit that changed what ships: its id, its parents and its author, a line each. */
function lastCommit(folder: string, ships: (name: string) => boolean): string | undefined {
  const isShipped = (commit: string) => {
    const names = runGit(folder, [
      ...["diff-tree", "--root", "--no-commit-id", "--name-only", "-r", "-z", commit, "--", "."],
    ]);
    // Git lists no files for a merge.
    return !names || split(names).some(ships);
  };
  // Usually it is the newest one, and finding more takes Git a while.
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
 * The files of the folder that differ from the last commit, whatever Git is configured to show,
 * since all of them ship. Undefined if Git fails.
 */
function uncommittedChanges(folder: string): string[] | undefined {
  const status = runGit(folder, [
    ...["status", "--porcelain", "-z", "--no-renames"],
    ...["--untracked-files=all", "--ignore-submodules=none", "--", "."],
  ]);
  return status === undefined ? undefined : split(status).map((line) => line.slice("XY ".length));
}

/**
 * The message of a commit; undefined if the checkout that a folder is in does not have it.
 *
 * @param commitSha - As in the program, so perhaps of another repository.
 */
export function commitMessage(folder: string, commitSha: string): string | undefined {
  // Git would accept other revisions, and options, which do not identify a commit.
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

/** Variables that Git sets for a hook. They would select another checkout than the folder's. */
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
    // Its error messages are parsed, and it must change nothing, fetch nothing and ask nobody.
    LC_ALL: "C",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_LAZY_FETCH: "1",
    GIT_TERMINAL_PROMPT: "0",
  };
}

function spawnGit(folder: string, args: readonly string[]) {
  // No program takes such an argument, and Node.js would throw an error that shows it.
  if ([folder, ...args].some((arg) => arg.includes("\0"))) {
    const stderr = "fatal: its path has a NUL character";
    return { status: null, stdout: "", stderr, error: undefined };
  }
  return spawnSync("git", ["-C", folder, ...args], {
    encoding: "utf8",
    env: gitEnvironment(),
    maxBuffer: Infinity,
  });
}

/** @returns undefined if Git fails, for example without Git, a checkout or such a remote. */
function runGit(folder: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnGit(folder, args);
  return status === 0 ? stdout : undefined;
}

/** Why Git cannot read a folder's checkout, which may also belong to another user or not exist. */
function whyUnreadable(folder: string): string {
  const { error, stderr } = spawnGit(folder, ["rev-parse"]);
  if (error)
    return (error as NodeJS.ErrnoException).code === "ENOENT"
      ? "git is not installed"
      : error.message;
  const reason = /^fatal: (.*)$/m.exec(stderr)?.[1] ?? stderr.trim().split("\n")[0] ?? "";
  // In a container of a CI system. Git says what to do, with paths that may be secret.
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

/** `https://github.com/acme/etl.git`, `git@github.com:acme/etl`, `ssh://git@github.com/acme/etl`. */
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
