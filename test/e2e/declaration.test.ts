import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, realpathSync, writeFileSync } from "node:fs";
import { setScene, type Scene } from "../helpers/declared";

/**
 * Declares what `declared.json` says, where some texts stand for what JSON has not: `undefined`,
 * `later undefined` (an output), `secret X`, `checkout X`, and `unknown X` (before the first
 * `up` of the resource it depends on).
 */
const program = `
const pulumi = require("@pulumi/pulumi");
const { AstroDeploy, gitFromCheckout } = require("pulumi-astro-deploy");
const meaning = (value) => {
  const [, word, rest] = /^(undefined|later undefined|secret|checkout|cwd)(?: (.*))?$/.exec(value) ?? [];
  switch (word) {
    case "undefined": return undefined;
    case "later undefined": return pulumi.output(1).apply(() => undefined);
    case "secret": return pulumi.secret(rest);
    case "checkout": return gitFromCheckout(rest);
    default: return value;
  }
};
for (const [name, { opts, ...args }] of Object.entries(require("./declared.json"))) {
  const given = Object.fromEntries(Object.entries(args).map(([key, value]) => [key, meaning(value)]));
  const { id, description, git } = new AstroDeploy(name, given, opts);
  module.exports[name] = { id, description, git };
}
`;

const files = {
  "index.js": program,
  "dags/a.py": "a = 1\n",
  "other/b.py": "b = 1\n",
  "shop/dbt_project.yml": "name: shop\n",
};

const count = (text: string, part: string) => text.split(part).length - 1;

describe("what only the program's process knows, through the real engine", () => {
  let scene: Scene;
  before(async () => {
    scene = await setScene({ files });
  });
  after(() => scene.dispose());

  it("reaches no state, no plan, no event and no preview", async () => {
    const { stack, deploymentId } = scene;
    scene.declare({
      etl: { deploymentId, type: "DAG_ONLY", dags: "secret ./dags", git: "undefined" },
      hand: { deploymentId, type: "DAG_ONLY", dags: "later undefined" },
    });
    const texts: string[] = [];
    const run = async (...args: string[]) => {
      const { all } = await stack.must(...args, `--event-log=${stack.path("events.json")}`);
      texts.push(all, readFileSync(stack.path("events.json"), "utf8"));
    };
    await run("preview", "--diff");
    await run("preview", "--json");
    await run("preview", "--save-plan=plan.json");
    texts.push(readFileSync(stack.path("plan.json"), "utf8"));
    await run("up", "--yes", "--plan=plan.json");
    await run("up", "--yes", "--skip-preview");
    const { text, resources } = await stack.state();
    texts.push(text);
    for (const said of texts) {
      // The engine lists the names of all properties that the program sent, without their values.
      const rest = said.replaceAll(/"__declaration":\s*\[\]/g, "");
      assert.doesNotMatch(rest, /__declaration|isUndefined/);
      assert.ok(!rest.includes(`"${realpathSync(stack.folder)}"`), rest);
    }
    // Here the engine writes what the program sent into its events, before it is checked.
    texts.length = 0;
    await run("refresh", "--yes", "--run-program");
    const said = texts.join("");
    assert.match(said, /"__declaration":\{"folder":\{[^}]*"ciphertext":"\[secret\]"\}/);
    assert.ok(!said.includes(`"${realpathSync(stack.folder)}"`), said);
    const refreshed = (await stack.state()).text.replaceAll(/"__declaration":\s*\[\]/g, "");
    assert.doesNotMatch(refreshed, /__declaration|isUndefined/);
    const etl = resources.find(({ urn }) => urn.endsWith("::etl"));
    assert.deepEqual(Object.keys(etl?.inputs ?? {}).sort(), [
      ...[
        "__provider",
        "dags",
        "dagsDigest",
        "dagsFiles",
        "deploymentId",
        "organizationId",
        "type",
      ],
    ]);
    await stack.must("destroy", "--yes", "--run-program");
  });
});

describe("a deploy without a source, through the real engine", () => {
  let scene: Scene;
  before(async () => {
    scene = await setScene({ files });
  });
  after(() => scene.dispose());

  const both = async (declared: Record<string, unknown>) => {
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", ...declared } });
    const preview = await scene.stack.preview();
    const up = await scene.stack.up();
    assert.equal(preview.code, 0, preview.all);
    assert.equal(up.code, 0, up.all);
    return [preview, up];
  };
  const left = "Upload the DAGs to its output dagsUploadUrl and finalize the deploy, or set dags.";

  it("says in preview and up that nothing is shipped, and then is quiet", async () => {
    const said = `etl: nothing is shipped, since it has no dags. ${left}`;
    for (const { all } of await both({})) {
      assert.ok(all.includes(said), all);
      assert.doesNotMatch(all, /warning/);
    }
    for (const { all, steps } of await both({})) {
      assert.deepEqual(steps, { etl: "same" });
      assert.doesNotMatch(all, /nothing is shipped/);
    }
  });

  it("says it of a replacement too, once", async () => {
    for (const { stdout, steps } of await both({ description: "another" })) {
      assert.deepEqual(steps, { etl: "replace" });
      assert.equal(count(stdout.split("Diagnostics:")[1] ?? "", "nothing is shipped"), 1, stdout);
    }
    const run = await scene.stack.must(
      ...["up", "--yes", "--skip-preview", "--replace"],
      "urn:pulumi:dev::project::pulumi-nodejs:dynamic/astro:AstroDeploy::etl",
    );
    assert.equal(count(run.stdout.split("Diagnostics:")[1] ?? "", "nothing is shipped"), 1);
  });

  it("warns if it is to wait for nothing", async () => {
    const said = `warning: etl: nothing is shipped, since wait: true has nothing to wait for. ${left}`;
    for (const { all } of await both({ description: "waiting", wait: true })) {
      assert.ok(all.includes(said), all);
    }
  });

  it("warns if a source is undefined, and if the deploy before it shipped something", async () => {
    await both({ dags: "./dags" });
    const said = `warning: etl: nothing is shipped, since dags is undefined, and the deploy before it shipped something, and wait: true has nothing to wait for. ${left}`;
    for (const { all, steps } of await both({ dags: "later undefined", wait: true })) {
      assert.deepEqual(steps, { etl: "replace" });
      assert.ok(all.includes(said), all);
    }
    for (const { all } of await both({ dags: "undefined", wait: true })) {
      assert.doesNotMatch(all, /nothing is shipped/);
    }
    await both({ dags: "./dags" });
    for (const { all } of await both({})) {
      assert.match(all, /warning: etl: nothing is shipped, since the deploy before it shipped/);
    }
  });

  it("warns if what ignoreChanges held back is gone", async () => {
    await both({ dags: "./dags" });
    const opts = { ignoreChanges: ["dags"] };
    for (const { all, steps } of await both({ dags: "undefined", opts })) {
      assert.deepEqual(steps, { etl: "same" });
      assert.doesNotMatch(all, /nothing is shipped/);
    }
    for (const { all } of await both({ dags: "undefined", description: "new", opts })) {
      assert.match(all, /warning: etl: nothing is shipped, since dags is undefined, and/);
    }
  });

  it("says what is left to do for each type", async () => {
    const { stack, deploymentId } = scene;
    const mount = { bundleType: "dbt", bundleMountPath: "/usr/local/airflow/dbt/shop" };
    scene.declare({
      image: { deploymentId, type: "IMAGE_ONLY" },
      both: { deploymentId, type: "IMAGE_AND_DAG" },
      bundle: { deploymentId, type: "BUNDLE", ...mount },
    });
    const { all } = await stack.preview();
    for (const said of [
      "image: nothing is shipped, since it has no image. Push the image to its outputs imageRepository and imageTag and finalize the deploy, or set image.",
      "both: nothing is shipped, since it has no image and dags. Push the image to its outputs imageRepository and imageTag, upload the DAGs to its output dagsUploadUrl and finalize the deploy, or set image and dags.",
      "bundle: nothing is shipped, since it has no bundle. Upload the bundle to its output bundleUploadUrl and finalize the deploy, or set bundle.",
    ]) {
      assert.ok(all.includes(said), all);
    }
  });
});

describe("a folder that holds a Pulumi project, through the real engine", () => {
  let scene: Scene;
  before(async () => {
    scene = await setScene({ files: { ...files, "shop/infra/Pulumi.yml": "" } });
  });
  after(() => scene.dispose());

  it("ships, with a warning in preview and up", async () => {
    const { stack, deploymentId } = scene;
    const mount = { bundleType: "dbt", bundleMountPath: "/usr/local/airflow/dbt/shop" };
    const exclude = ["node_modules", ".*"];
    scene.declare({
      etl: { deploymentId, type: "DAG_ONLY", dags: ".", exclude },
      shop: { deploymentId, type: "BUNDLE", bundle: "./shop", ...mount },
      clean: { deploymentId, type: "BUNDLE", bundle: "./shop", ...mount, exclude: ["infra"] },
    });
    for (const { all, code } of [await stack.preview(), await stack.up()]) {
      assert.equal(code, 0, all);
      assert.match(
        all,
        /warning: etl: dags ships a Pulumi project, with its program and stack files \(Pulumi\.yaml\)\. Name a folder without it, or exclude it\./,
      );
      assert.match(all, /warning: shop: bundle ships a Pulumi project, .*\(infra\/Pulumi\.yml\)/);
      assert.doesNotMatch(all, /clean: bundle/);
    }
  });
});

describe("the Git commit, through the real engine", () => {
  let scene: Scene;

  const git = (...args: string[]) =>
    execFileSync("git", ["-C", scene.stack.folder, ...args], { encoding: "utf8" }).trim();
  const commit = (message: string) => {
    git("add", "dags");
    git("commit", "-qm", message);
    return git("rev-parse", "HEAD");
  };
  const posts = () =>
    scene.emulator.requests
      .splice(0)
      .filter(({ operation }) => operation === "CreateDeploy")
      .map(({ body }) => body as { description?: string; git?: { commitSha: string } });
  const up = async (etl: Record<string, unknown> = {}) => {
    const { deploymentId } = scene;
    scene.declare({
      etl: { deploymentId, type: "DAG_ONLY", dags: "./dags", git: "checkout ./dags", ...etl },
    });
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    return { step: run.steps.etl, posts: posts(), all: run.all };
  };
  const stateOf = async () =>
    (await scene.stack.state()).resources.find(({ urn }) => urn.endsWith("::etl"));
  let first: string;

  before(async () => {
    scene = await setScene({ files, stack: { config: { "astro:apiVersion": "v1" } } });
    git("init", "-q", "-b", "main");
    git("config", "user.name", "Ada");
    git("config", "user.email", "ada@acme.io");
    git("remote", "add", "origin", "git@github.com:acme/etl.git");
    first = commit("Orders by the hour\n\nand more");
  });
  after(() => scene.dispose());

  it("brings its message along as the description, which is no input", async () => {
    const { posts } = await up();
    assert.equal(posts[0]?.description, "Orders by the hour\n\nand more");
    assert.equal(posts[0].git?.commitSha, first);
    const { etl } = (await scene.stack.outputs()) as { etl: { description: string } };
    assert.equal(etl.description, "Orders by the hour\n\nand more");
    assert.equal((await stateOf())?.inputs?.description, undefined);
    const refreshed = await scene.stack.refresh("--expect-no-changes");
    assert.equal(refreshed.code, 0, refreshed.all);
    assert.equal((await up()).step, "same");
  });

  it("leaves a description of the program's, and cuts a long message", async () => {
    assert.equal((await up({ description: "mine" })).posts[0]?.description, "mine");
    scene.stack.write("dags/a.py", "a = 2\n");
    commit("é😀".repeat(300));
    assert.equal((await up()).posts[0]?.description, "é😀".repeat(250));
  });

  it("is what finds a deploy again whose creation got no answer", async () => {
    scene.stack.write("dags/a.py", "a = 'lost'\n");
    const sha = commit("A lost answer");
    scene.emulator.fail({ operation: "CreateDeploy", how: "reset", when: "after" });
    scene.stack.setEnv("ASTRO_REQUEST_TIMEOUT_SECONDS", "5");
    const { posts, all } = await up();
    scene.stack.setEnv("ASTRO_REQUEST_TIMEOUT_SECONDS", undefined);
    assert.match(all, /the answer to the create request was lost; found deploy/);
    assert.equal(posts.length, 1);
    const deploy = scene.deploys().at(-1);
    assert.deepEqual(
      [deploy?.status, deploy?.description, deploy?.git?.commitSha],
      ["DEPLOYED", "A lost answer", sha],
    );
  });

  it("that is undefined this time deploys nothing, and comes back as it was", async () => {
    writeFileSync(scene.stack.path("dags/notes.py"), "");
    const before = await stateOf();
    // It is shipped, but for `exclude`: so that the content is the same.
    for (const lost of ["checkout ./dags", "later undefined"]) {
      const { step, posts, all } = await up({ exclude: ["notes.py"], git: lost });
      assert.deepEqual([step, posts], ["same", []], all);
      if (lost.startsWith("checkout")) assert.match(all, /uncommitted changes/);
    }
    const after = await stateOf();
    // Whether it was a secret is not known, so it is kept as one.
    assert.deepEqual({ ...after?.outputs, git: 0 }, { ...before?.outputs, git: 0 });
    assert.doesNotMatch(JSON.stringify(after?.inputs?.git), /commitSha/);
    execFileSync("rm", [scene.stack.path("dags/notes.py")]);
    assert.equal((await up()).step, "same");
    assert.match(JSON.stringify((await stateOf())?.inputs?.git), /commitSha/);
  });

  it("that is undefined goes along with no deploy of other content", async () => {
    scene.stack.write("dags/a.py", "a = 3\n");
    const { step, posts } = await up();
    assert.equal(step, "replace");
    assert.equal(posts.length, 1);
    assert.deepEqual(posts[0], { type: "DAG_ONLY" });
    assert.equal((await up()).step, "same");
    // Once known, it is another commit.
    const third = commit("Third");
    const known = await up();
    assert.equal(known.posts[0]?.git?.commitSha, third);
    assert.equal((await up()).step, "same");
  });

  it("that is taken out of the program deploys without it", async () => {
    const { deploymentId } = scene;
    scene.declare({ etl: { deploymentId, type: "DAG_ONLY", dags: "./dags" } });
    const run = await scene.stack.up();
    assert.deepEqual(run.steps, { etl: "replace" });
    assert.deepEqual(posts(), [{ type: "DAG_ONLY" }]);
    assert.equal((await up()).step, "replace");
  });

  it("that is undefined does not keep a deploy from being resumed", async () => {
    scene.stack.write("dags/a.py", "a = 4\n");
    const fourth = commit("Fourth");
    scene.emulator.fail({ operation: "FinalizeDeploy", how: { status: 403 } });
    const { deploymentId } = scene;
    const etl = { deploymentId, type: "DAG_ONLY", dags: "./dags" };
    scene.declare({ etl: { ...etl, git: "checkout ./dags" } });
    assert.notEqual((await scene.stack.up()).code, 0);
    assert.equal(posts().length, 1);
    const resumed = await up({ git: "undefined" });
    assert.deepEqual([resumed.step, resumed.posts], ["update", []], resumed.all);
    assert.equal((await up()).step, "same");
    assert.equal(scene.deploys().at(-1)?.git?.commitSha, fourth);
  });
});
