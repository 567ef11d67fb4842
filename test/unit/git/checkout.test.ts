import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ApiVersion } from "../../../provider/astro/types";
import { commitMessage, readCheckout } from "../../../provider/git/checkout";
import { skip } from "../../helpers/skip";

describe("the description of a Git checkout", () => {
  let top: string;

  const git = (...args: string[]) =>
    execFileSync("git", ["-C", top, ...args], { encoding: "utf8", stdio: "pipe" }).trim();
  const commit = (file: string) => {
    mkdirSync(join(top, file, ".."), { recursive: true });
    writeFileSync(join(top, file), `${file} ${Math.random()}`);
    git("add", "-A");
    git("commit", "-qm", `change ${file}`);
    return git("rev-parse", "HEAD");
  };
  const read = (
    path = "dags",
    apiVersion: ApiVersion = "v1beta1",
    environment: Record<string, string> = {},
    exclude: string[] = [],
  ) => readCheckout({ path: join(top, path), remote: "origin", exclude, apiVersion, environment });

  beforeEach(() => {
    top = realpathSync(mkdtempSync(join(tmpdir(), "astro-git-")));
    git("init", "-q", "-b", "main");
    git("config", "user.name", "Ada");
    git("config", "user.email", "ada@acme.io");
    git("remote", "add", "origin", "git@github.com:acme/etl.git");
  });
  afterEach(() => {
    rmSync(top, { recursive: true });
  });

  it("names the last commit that changed the folder, and not a later one", () => {
    const before = commit("dags/a.py");
    const commitSha = commit("dags/b.py");
    commit("README.md");
    assert.deepEqual(read(), {
      git: {
        provider: "GITHUB",
        account: "acme",
        repo: "etl",
        commitSha,
        commitUrl: `https://github.com/acme/etl/commit/${commitSha}`,
        branch: "main",
        path: "dags",
        authorName: "Ada",
        beforeCommitSha: before,
      },
    });
  });

  it("says that a shallow clone does not know which commit that was", () => {
    commit("dags/a.py");
    const head = commit("README.md");
    const clone = join(top, "clone");
    git("clone", "-q", "--depth=1", `file://${top}`, clone);
    execFileSync("git", [
      "-C",
      clone,
      "remote",
      "set-url",
      "origin",
      "git@github.com:acme/etl.git",
    ]);
    const checkout = read("clone/dags");
    assert.equal(checkout.git?.commitSha, head);
    assert.match(checkout.warning ?? "", /in a shallow clone the last commit .*fetch-depth: 0/);
  });

  for (const url of [
    "https://github.com/acme/etl.git",
    "https://x-access-token:abc@github.com/acme/etl",
    "ssh://git@github.com/acme/etl.git",
    "ssh://git@ssh.github.com:443/acme/etl.git",
  ]) {
    it(`knows GitHub by ${url.replace(/:abc@/, ":…@")}`, () => {
      commit("dags/a.py");
      git("remote", "set-url", "origin", url);
      const { account, repo } = read().git ?? {};
      assert.deepEqual([account, repo], ["acme", "etl"]);
    });
  }

  it("calls every other provider GENERIC in v1, without the credentials of the remote", () => {
    commit("dags/a.py");
    git("remote", "set-url", "origin", "https://ci:s3cr3t@git.acme.io/etl.git");
    const found = read("dags", "v1");
    assert.equal(found.git?.provider, "GENERIC");
    assert.equal(found.git.remoteUrl, "https://git.acme.io/etl.git");
    assert.match(read().warning ?? "", /not on github\.com.*set astro:apiVersion to v1/);
  });

  it("asks the CI system for the branch of a detached checkout", () => {
    const sha = commit("dags/a.py");
    git("checkout", "-q", "--detach", sha);
    const branch = (environment: Record<string, string>) =>
      read("dags", "v1beta1", environment).git?.branch;
    assert.equal(branch({ GITHUB_REF_NAME: "main" }), "main");
    assert.equal(branch({ GITHUB_REF_NAME: "7/merge", GITHUB_HEAD_REF: "fix" }), "fix");
    assert.equal(branch({ CI_COMMIT_BRANCH: "main" }), "main");
    assert.equal(branch({ BUILD_SOURCEBRANCH: "refs/heads/release/1" }), "release/1");
    assert.equal(branch({ GIT_BRANCH: "origin/main" }), "main");
    assert.match(read().warning ?? "", /HEAD is detached/);
  });

  it("says so when the folder has changes that are not committed", () => {
    commit("dags/a.py");
    writeFileSync(join(top, "dags/new.py"), "");
    assert.match(read().warning ?? "", /uncommitted changes/);
  });

  it("takes no notice of changes outside the folder", () => {
    commit("dags/a.py");
    writeFileSync(join(top, "notes.txt"), "");
    assert.equal(read().warning, undefined);
  });

  it("says so where there is no checkout, no commit or no remote", () => {
    mkdirSync(join(top, "dags"));
    assert.match(read().warning ?? "", /no commit contains/);
    commit("dags/a.py");
    git("remote", "remove", "origin");
    assert.match(read().warning ?? "", /no remote origin/);
    rmSync(join(top, ".git"), { recursive: true });
    assert.match(
      read().warning ?? "",
      /Git cannot read the folder's checkout: not a git repository/,
    );
  });

  it("reads nothing by a path or a remote with a NUL character, and shows neither", () => {
    commit("dags/a.py");
    assert.deepEqual(read("dags\0"), {
      warning: "Git cannot read the folder's checkout: its path has a NUL character.",
    });
    const path = join(top, "dags");
    const remote = "a\0b";
    const options = { path, remote, exclude: [], apiVersion: "v1beta1", environment: {} } as const;
    assert.deepEqual(readCheckout(options), {
      warning: "the checkout has no remote of the given name.",
    });
  });

  it("looks at nothing that is not shipped", () => {
    const commitSha = commit("dags/a.py");
    writeFileSync(join(top, "dags/notes.md"), "");
    mkdirSync(join(top, "dags/lib/__pycache__"), { recursive: true });
    writeFileSync(join(top, "dags/lib/__pycache__/a.pyc"), "");
    const exclude = ["__pycache__/", "/*.md"];
    assert.equal(read("dags", "v1", {}, exclude).git?.commitSha, commitSha);
    assert.match(read("dags", "v1", {}, ["*.md"]).warning ?? "", /uncommitted/);
    // Nor do commits of such files, nor changes of them.
    commit("dags/notes.md");
    commit("dags/README.md");
    writeFileSync(join(top, "dags/notes.md"), "another");
    assert.equal(read("dags", "v1", {}, exclude).git?.commitSha, commitSha);
    writeFileSync(join(top, "dags/a.py"), "another");
    assert.match(read("dags", "v1", {}, exclude).warning ?? "", /uncommitted/);
  });

  it("says so when no commit holds anything that is shipped", () => {
    commit("dags/notes.md");
    assert.match(read("dags", "v1", {}, ["*.md"]).warning ?? "", /no commit contains/);
  });

  it("looks at all that is shipped, whatever Git is configured to show", () => {
    commit("dags/a.py");
    git("config", "status.showUntrackedFiles", "no");
    writeFileSync(join(top, "dags/new.py"), "");
    assert.match(read().warning ?? "", /uncommitted/);
  });

  it("passes on what Git says of a checkout that belongs to another user", function () {
    if (process.getuid?.() !== 0) skip(this, "only root can give a checkout to another user");
    commit("dags/a.py");
    const { GIT_CONFIG_GLOBAL, GIT_CONFIG_SYSTEM } = process.env;
    // The machine may trust all checkouts.
    process.env.GIT_CONFIG_GLOBAL = process.env.GIT_CONFIG_SYSTEM = "/dev/null";
    execFileSync("chown", ["-R", "65534:65534", top]);
    try {
      assert.ok(
        read().warning?.includes(
          `dubious ownership in repository at the folder. If you trust it, run \`git config --global --add safe.directory …\` with the path of the checkout.`,
        ),
        read().warning,
      );
      // What Git reads its configuration from is passed on.
      Object.assign(process.env, {
        GIT_CONFIG_COUNT: "1",
        GIT_CONFIG_KEY_0: "safe.directory",
        GIT_CONFIG_VALUE_0: top,
      });
      assert.equal(read().warning, undefined);
    } finally {
      for (const name of ["COUNT", "KEY_0", "VALUE_0"])
        Reflect.deleteProperty(process.env, `GIT_CONFIG_${name}`);
      for (const [name, value] of Object.entries({ GIT_CONFIG_GLOBAL, GIT_CONFIG_SYSTEM })) {
        if (value === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = value;
      }
    }
  });

  it("says why in Git's own words, whatever its language and what it traces", () => {
    const trace = process.env.GIT_TRACE;
    process.env.GIT_TRACE = "1";
    try {
      rmSync(join(top, ".git"), { recursive: true });
      mkdirSync(join(top, "dags"));
      assert.match(read().warning ?? "", /checkout: not a git repository/);
    } finally {
      if (trace === undefined) delete process.env.GIT_TRACE;
      else process.env.GIT_TRACE = trace;
    }
  });

  it("knows the message of a commit, and of nothing else", () => {
    const sha = commit("dags/a.py");
    git("commit", "-q", "--amend", "-m", "  Orders\n\nby the hour: é😀\n\n");
    const amended = git("rev-parse", "HEAD");
    assert.equal(commitMessage(top, amended), "Orders\n\nby the hour: é😀");
    assert.equal(commitMessage(join(top, "dags"), sha), "change dags/a.py");
    for (const other of ["HEAD", "main", "--all", "0".repeat(40), `${sha}~0`])
      assert.equal(commitMessage(top, other), undefined, other);
    assert.equal(commitMessage(join(top, "nowhere"), sha), undefined);
  });
});
