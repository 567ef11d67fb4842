import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  createReadStream,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmulator, type Emulator } from "../../emulator";
import { version } from "../../provider/version";
import { root, Stack } from "../helpers/engine";
import { pythonEnv } from "../helpers/languages";

const example = join("examples", "python");

/** As the Pulumi CLI names it. */
const platform = `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;

describe("a program in Python, through the real engine", () => {
  let emulator: Emulator;
  let stack: Stack;
  let archives: string;
  let deploymentId: string;
  let sha: string;
  /** The paths that the engine asked the plugin's server for. */
  const downloads: string[] = [];

  const disposals: (() => unknown)[] = [];

  before(async function () {
    const env = pythonEnv(this);
    emulator = await startEmulator();
    disposals.push(() => emulator.close());
    deploymentId = emulator.deployments[0]?.id ?? "";
    archives = mkdtempSync(join(tmpdir(), "astro-archives-"));
    disposals.push(() => {
      rmSync(archives, { recursive: true });
    });
    execFileSync(process.execPath, [join(root, "scripts", "plugin", "archives.mjs"), archives]);
    const server = createServer(({ url = "" }, response) => {
      downloads.push(url);
      const file = join(archives, url);
      if (!existsSync(file)) return response.writeHead(404).end();
      // The engine compares what it got with this.
      response.writeHead(200, { "content-length": statSync(file).size });
      return createReadStream(file).pipe(response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    disposals.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    stack = await Stack.create({
      files: { "Pulumi.yaml": "name: project\nruntime: python\n" },
      config: { deploymentId },
      env: {
        ...emulator.env,
        ...env,
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "false",
        PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES: `pulumi-astro$=http://127.0.0.1:${port}`,
      },
    });
    disposals.push(() => {
      stack.dispose();
    });
    // As in a clone, but with the environment that the tests share.
    stack.copyCommitted(`${example}/dags`, "dags");
    const program = readFileSync(join(root, example, "__main__.py"), "utf8");
    const git = 'git=astro.git_from_checkout(path="./dags").git';
    stack.write("__main__.py", program.replace(/,\n\)/, `,\n    ${git},\n)`));
    // After the first deploy, the folder is not as it was committed, and a commit is not known.
    sha = commitAll(stack);
  });
  after(async () => {
    for (const dispose of disposals.reverse()) await dispose();
  });

  const deploys = () => emulator.deploys(deploymentId);
  const succeed = async (run: ReturnType<Stack["up"]>) => {
    const done = await run;
    assert.equal(done.code, 0, done.all);
    return done;
  };

  it("ships archives for each platform, none larger than 600 kB", () => {
    const files = readdirSync(archives);
    assert.equal(files.length, 5);
    for (const file of files) assert.ok(statSync(join(archives, file)).size <= 600_000, file);
    const list = ["-tzf", join(archives, `pulumi-resource-astro-v${version}-linux-amd64.tar.gz`)];
    const members = execFileSync("tar", list, { encoding: "utf8" }).trim().split("\n");
    for (const name of ["pulumi-resource-astro", "LICENSE", "THIRD-PARTY-LICENSES"]) {
      assert.ok(members.includes(name), `${name} is not in ${members.join(", ")}`);
    }
  });

  it("gets the plugin by its first up, and deploys", async () => {
    const run = await succeed(stack.up());
    assert.deepEqual(downloads, [`/pulumi-resource-astro-v${version}-${platform}.tar.gz`]);
    // Nothing else is to be looked for in the network.
    stack.setEnv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true");
    assert.deepEqual(run.steps, { etl: "create" });
    const [deploy, ...others] = deploys();
    assert.deepEqual(others, []);
    assert.equal(deploy?.git?.commitSha, sha);
    const { deployId, status, dagTarballVersion } = await stack.outputs();
    assert.deepEqual([deployId, status], [deploy.id, "DEPLOYED"]);
    const members = await emulator.members(String(dagTarballVersion));
    assert.deepEqual(
      members.map(({ name }) => name),
      ["dags/heartbeat.py"],
    );
  });

  it("is unchanged as long as nothing changes", async () => {
    assert.deepEqual((await succeed(stack.up())).steps, { etl: "same" });
    assert.equal(deploys().length, 1);
  });

  it("names the changed file in the preview", async () => {
    stack.write("dags/heartbeat.py", "changed = 1\n");
    const run = await succeed(stack.preview("--diff"));
    assert.deepEqual(run.steps, { etl: "replace" });
    assert.match(run.all, /~ heartbeat\.py/);
  });

  it("keeps a deploy that failed on the way, and the next up resumes it", async () => {
    emulator.fail({ operation: "FinalizeDeploy", how: { status: 403 } });
    const failed = await stack.up();
    assert.notEqual(failed.code, 0);
    assert.match(failed.all, /was created but is not finished/);
    assert.equal(deploys().length, 2);
    await succeed(stack.up());
    assert.deepEqual(
      deploys().map(({ status }) => status),
      ["DEPLOYED", "DEPLOYED"],
    );
    assert.equal((await stack.outputs()).deployId, deploys()[1]?.id);
  });

  it("sees in a refresh what superseded the deploy", async () => {
    const other = emulator.foreignDeploy(deploymentId);
    const noticed = await stack.refresh("--expect-no-changes");
    assert.notEqual(noticed.code, 0, noticed.all);
    await succeed(stack.refresh());
    const { resources } = await stack.state();
    const etl = resources.find(({ type }) => type === "astro:index:Deploy");
    assert.equal((etl?.outputs?.supersededBy as { deployId: string }).deployId, other.id);
  });

  it("forgets the deploy when it is destroyed", async () => {
    assert.deepEqual((await succeed(stack.destroy())).steps, { etl: "delete" });
    assert.equal(deploys().length, 3);
  });

  it("imports a deploy, which is unchanged then", async () => {
    const id = `${emulator.organizationId}/${deploymentId}/${deploys()[1]?.id}`;
    // The host that is built here is older than the generator of code.
    const flags = ["--yes", "--generate-code=false", "--protect=false"];
    await stack.must("import", "astro:index:Deploy", "etl", id, ...flags);
    const { resources } = await stack.state();
    const { inputs = {} } = resources.find(({ type }) => type === "astro:index:Deploy") ?? {};
    const args = Object.entries(inputs).map(([name, value]) => {
      assert.equal(typeof value, "string", `${name}: ${JSON.stringify(value)}`);
      return `${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}=${JSON.stringify(value)}`;
    });
    stack.write(
      "__main__.py",
      `import pulumi_astro_deploy as astro\nastro.Deploy("etl", ${args.join(", ")})\n`,
    );
    assert.deepEqual((await succeed(stack.preview())).steps, { etl: "same" });
  });

  it("takes files that the program makes, an explicit provider and look-ups", async () => {
    stack.write("lib/util.py", "u = 1\n");
    stack.write("__main__.py", everyForm);
    await stack.config("deploymentId", deploymentId);
    const { token, url, organizationId } = emulator;
    // Only the explicit provider has them.
    stack.write("astro.json", JSON.stringify({ token, url, organizationId }));
    for (const name of ["ASTRO_API_TOKEN", "ASTRO_BASE_URL", "ASTRO_ORGANIZATION_ID"]) {
      stack.setEnv(name, undefined);
    }
    const run = await succeed(stack.up());
    const { version, newest, name } = await stack.outputs();
    const members = await emulator.members(String(version));
    assert.deepEqual(
      members.map(({ name }) => name),
      ["dags/asset.py", "dags/lib/util.py", "dags/made.py", "dags/more/deep.py"],
    );
    assert.deepEqual([newest, name], [deploys().at(-1)?.id, emulator.deployments[0]?.name]);
    const { text } = await stack.state();
    for (const secret of [token, "SECRET_TEXT"]) {
      assert.ok(!text.includes(secret) && !run.all.includes(secret));
    }
  });
});

const everyForm = `
import json
import pulumi
import pulumi_astro_deploy as astro

where = json.load(open("astro.json"))
provider = astro.Provider(
    "other",
    token=where["token"],
    base_url=where["url"],
    organization_id=where["organizationId"],
    deploy_timeout_seconds=60,
)
deployment_id = pulumi.Config().require("deploymentId")
made = astro.Deploy(
    "made",
    deployment_id=deployment_id,
    type="DAG_ONLY",
    dags={
        "made.py": pulumi.Output.secret("SECRET_TEXT").apply(lambda text: f"made = '{text}'\\n"),
        "asset.py": pulumi.StringAsset("asset = 1\\n"),
        "lib": pulumi.FileArchive("./lib"),
        "more": pulumi.AssetArchive({"deep.py": pulumi.FileAsset("./lib/util.py")}),
    },
    opts=pulumi.ResourceOptions(
        provider=provider, custom_timeouts=pulumi.CustomTimeouts(create="1m")
    ),
)
invoke = pulumi.InvokeOptions(provider=provider)
newest = made.id.apply(
    lambda _: astro.get_newest_deploy(deployment_id=deployment_id, opts=invoke).id
)
pulumi.export("version", made.dag_tarball_version)
pulumi.export("newest", newest)
pulumi.export("name", astro.get_deployment_output(deployment_id=deployment_id, opts=invoke).name)
`;

/** Makes a checkout of the project, and returns its commit. */
function commitAll(stack: Stack): string {
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args], {
      cwd: stack.folder,
      encoding: "utf8",
    });
  git("init", "--quiet", "--initial-branch=main");
  git("remote", "add", "origin", "https://github.com/example/etl.git");
  git("add", "dags", "__main__.py");
  git("commit", "--quiet", "--message=The first DAG");
  return git("rev-parse", "HEAD").trim();
}
