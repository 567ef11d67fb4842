import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { startEmulator } from "../../emulator";
import { setScene, type Scene } from "../helpers/declared";

describe("many deploys of one program, through the real engine", () => {
  let scene: Scene;
  afterEach(() => scene.dispose());

  /** One resource a Deployment, all with the same folder. */
  const declareAll = (ids: readonly string[]) => {
    scene.declare(
      Object.fromEntries(
        ids.map((deploymentId) => [
          deploymentId,
          { deploymentId, type: "DAG_ONLY", dags: "./dags" },
        ]),
      ),
    );
  };

  it("go to many Deployments side by side, within the documented rates", async () => {
    scene = await setScene({
      files: { "dags/a.py": "a = 1\n" },
      emulator: { deployments: Array.from({ length: 12 }, () => ({})) },
    });
    const { emulator, stack } = scene;
    const ids = emulator.deployments.map(({ id }) => id);
    declareAll(ids);
    // No upload ends before another one has begun.
    let begun = 0;
    let meet: () => void;
    const met = new Promise<void>((resolve) => (meet = resolve));
    emulator.onRequest(({ operation, phase }) => {
      if (operation !== "PutBlob" || phase !== "before") return;
      if (++begun === 2) meet();
      return met;
    });
    const run = await stack.up();
    assert.equal(run.code, 0, run.all);
    for (const id of ids) {
      assert.deepEqual(
        emulator.deploys(id).map(({ status }) => status),
        ["DEPLOYED"],
      );
    }
    assert.deepEqual(
      emulator.requests.filter(({ status }) => status === 429),
      [],
    );
  });

  it("take one folder to many Deployments as it was when it was first looked at", async () => {
    scene = await setScene({
      files: { "dags/a.py": "a = 1\n" },
      emulator: { deployments: Array.from({ length: 6 }, () => ({})) },
    });
    const { emulator, stack } = scene;
    const ids = emulator.deployments.map(({ id }) => id);
    declareAll(ids);
    // Whoever walked or packed the folder again would find it changed.
    emulator.onRequest(({ operation, phase }) => {
      if (operation !== "FinalizeDeploy" || phase !== "before") return;
      stack.write("dags/a.py", `a = ${emulator.requests.length}\n`);
    });
    const run = await stack.up("--parallel=2");
    assert.equal(run.code, 0, run.all);
    const { resources } = await stack.state();
    const digests = resources.flatMap(({ outputs }) => outputs?.dagsDigest ?? []);
    assert.equal(digests.length, ids.length);
    assert.equal(new Set(digests).size, 1);
  });

  it("go to the same Deployment one after the other", async () => {
    scene = await setScene({
      files: { "dags/a.py": "a = 1\n", "shop/dbt_project.yml": "name: shop\n" },
      emulator: { behaviour: { concurrentDeploys: "refuse" } },
    });
    const { deploymentId } = scene;
    scene.declare({
      dags: { deploymentId, type: "DAG_ONLY", dags: "./dags" },
      shop: {
        deploymentId,
        type: "BUNDLE",
        bundleType: "dbt",
        bundleMountPath: "/usr/local/airflow/dbt/shop",
        bundle: "./shop",
      },
      again: { deploymentId, type: "DAG_ONLY", dags: "./dags", description: "again" },
    });
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(
      scene.deploys().map(({ status }) => status),
      Array(3).fill("DEPLOYED"),
    );
    const order = scene
      .operations()
      .filter((operation) => operation === "CreateDeploy" || operation === "FinalizeDeploy");
    const pair = ["CreateDeploy", "FinalizeDeploy"];
    assert.deepEqual(order, [...pair, ...pair, ...pair]);
  });

  it("go to two accounts where one is that of an explicit provider", async () => {
    const token = "the-token-of-the-other-account";
    const other = await startEmulator({
      organizationId: "other",
      token,
      deployments: [{ id: "theirs" }],
    });
    const program = `
const pulumi = require("@pulumi/pulumi");
const { AstroDeploy } = require("pulumi-astro-deploy");
class AstroAccount extends pulumi.ProviderResource {
  constructor(name, settings) { super("pulumi-nodejs", name, settings); }
}
const config = new pulumi.Config();
const provider = new AstroAccount("other", {
  "astro:baseUrl": process.env.OTHER_URL,
  "astro:token": config.requireSecret("otherToken"),
  "astro:organizationId": "other",
});
const args = { type: "DAG_ONLY", dags: "./dags" };
new AstroDeploy("ours", { ...args, deploymentId: "ours" });
new AstroDeploy("theirs", { ...args, deploymentId: "theirs" }, { provider });
`;
    scene = await setScene({
      files: { "index.js": program, "dags/a.py": "a = 1\n" },
      stack: { secrets: { otherToken: token }, env: { OTHER_URL: other.url } },
      emulator: { deployments: [{ id: "ours" }] },
    });
    try {
      const run = await scene.stack.up();
      assert.equal(run.code, 0, run.all);
      assert.equal(scene.deploys()[0]?.status, "DEPLOYED");
      assert.equal(other.deploys("theirs")[0]?.status, "DEPLOYED");
      assert.ok(!(await scene.stack.state()).text.includes(token));
    } finally {
      await other.close();
    }
  });
});

describe("the Git commit of a deploy, through the real engine", () => {
  let scene: Scene;
  let first: string;

  const program = `
const { AstroDeploy, gitFromCheckout } = require("pulumi-astro-deploy");
new AstroDeploy("etl", {
  deploymentId: process.env.DEPLOYMENT, type: "DAG_ONLY", dags: "./dags", git: gitFromCheckout("./dags"),
});
`;
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", scene.stack.folder, ...args], { encoding: "utf8" }).trim();
  const commit = (name: string, text: string) => {
    scene.stack.write(name, text);
    git("add", name);
    git("commit", "-qm", `change ${name}`);
    return git("rev-parse", "HEAD");
  };
  beforeEach(async () => {
    scene = await setScene({ files: { ".gitignore": "node_modules\n.*\n" } });
    const { stack, deploymentId } = scene;
    stack.write("index.js", program);
    stack.setEnv("DEPLOYMENT", deploymentId);
    // Wherever the tests themselves run.
    for (const name of Object.keys(process.env)) {
      if (/^(GITHUB|CI)_/.test(name)) stack.setEnv(name, undefined);
    }
    git("init", "-q", "-b", "main");
    git("config", "user.name", "Ada");
    git("config", "user.email", "ada@acme.io");
    git("remote", "add", "origin", "https://github.com/acme/etl.git");
    first = commit("dags/a.py", "a = 1\n");
  });
  afterEach(() => scene.dispose());

  /** Runs an up, and returns the commit that the newest deploy names. */
  const up = async () => {
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    return scene.deploys().at(-1)?.git;
  };

  it("is that of the last change of the folder, and a commit elsewhere deploys nothing", async () => {
    const described = await up();
    assert.equal(described?.commitSha, first);
    assert.equal(described.authorName, "Ada");

    const { stack } = scene;
    commit("notes.txt", "elsewhere");
    assert.deepEqual((await stack.up()).steps, { etl: "same" });

    stack.write("dags/a.py", "a = 2\n");
    const dirty = await stack.up();
    assert.match(dirty.all, /The deploy has no Git commit: the folder has uncommitted changes/);
    assert.equal(scene.deploys().at(-1)?.git, undefined);
  });

  it("is that of the pull request in a checkout of its merge, as GitHub Actions makes it", async () => {
    git("checkout", "-q", "-b", "fix");
    const fix = commit("dags/a.py", "a = 2\n");
    git("checkout", "-q", "main");
    commit("notes.txt", "elsewhere");
    git("checkout", "-q", "--detach");
    git("merge", "-q", "--no-edit", "--no-ff", "fix");
    scene.stack.setEnv("GITHUB_HEAD_REF", "fix");
    scene.stack.setEnv("GITHUB_REF_NAME", "7/merge");

    assert.deepEqual(await up(), {
      provider: "GITHUB",
      account: "acme",
      repo: "etl",
      branch: "fix",
      path: "dags",
      commitSha: fix,
      commitUrl: `https://github.com/acme/etl/commit/${fix}`,
      beforeCommitSha: first,
      authorName: "Ada",
    });
  });

  it("is that of a GENERIC remote in a detached checkout, as GitLab CI makes it", async () => {
    git("remote", "set-url", "origin", "https://gitlab-ci-token:s3cr3t@gitlab.acme.io/etl.git");
    git("checkout", "-q", "--detach");
    await scene.stack.config("astro:apiVersion", "v1");
    scene.stack.setEnv("CI_COMMIT_BRANCH", "main");

    assert.deepEqual(await up(), {
      provider: "GENERIC",
      remoteUrl: "https://gitlab.acme.io/etl.git",
      branch: "main",
      path: "dags",
      commitSha: first,
      authorName: "Ada",
    });
    const { text } = await scene.stack.state();
    assert.doesNotMatch(text, /s3cr3t/);
  });
});
