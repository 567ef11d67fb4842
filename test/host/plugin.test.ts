import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { startEmulator, type Emulator } from "../../emulator";
import { hold } from "../helpers/hold";
import { assertNowhere } from "../helpers/leaks";
import {
  InitFailed,
  ProviderHost,
  serializedStub,
  urn,
  type HostOptions,
  type Properties,
} from "../helpers/providerHost";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const signature = "4dabf18193072939515e22adb298388d";
const asset = (fields: object) => ({
  [signature]: "c44067f5952c0a294b673a41bacd8c17",
  hash: "0",
  ...fields,
});
const archive = (fields: object) => ({
  [signature]: "0def7320c3a5731c473e5ecbe6d01bc7",
  hash: "0",
  ...fields,
});
const secret = (value: unknown) => ({ [signature]: "1b47061264138c4ac30d75fd1eb44270", value });
const isSecret = (value: unknown) =>
  (value as Properties | undefined)?.[signature] === "1b47061264138c4ac30d75fd1eb44270";

const files = { "dags/a.py": "a = 1\n", "lib/b.py": "b = 1\n" };

describe("the provider plugin, over gRPC", () => {
  let emulator: Emulator;
  let host: ProviderHost;
  let deploymentId: string;
  let declared: Properties;

  const start = (options: HostOptions = {}) =>
    ProviderHost.start({ host: "plugin", files, env: emulator.env, ...options });
  const deploys = () => emulator.deploys(deploymentId);

  beforeEach(async () => {
    emulator = await startEmulator({ deployments: [{}, {}] });
    deploymentId = emulator.deployments[0]?.id ?? "";
    host = await start();
    declared = { deploymentId, type: "DAG_ONLY", dags: "./dags" };
  });
  afterEach(async () => {
    await host.stop();
    await emulator.close();
  });

  it("takes a folder to DEPLOYED, finds nothing to change, and reports under the resource's name", async () => {
    const { inputs, failures } = await host.check({}, declared);
    assert.deepEqual(failures, []);
    const { id, properties } = await host.create(inputs);
    assert.equal(properties.status, "DEPLOYED");
    assert.deepEqual([deploys()[0]?.id, properties.deployId], [id, id]);
    const again = await host.check(inputs, declared);
    // As a state of the dynamic resource is.
    const { deployId: _, ...others } = properties;
    const { changes, details } = await host.diff(id, others, again.inputs, inputs);
    assert.equal(changes, false);
    assert.deepEqual(details, {});
    await host.stop();
    host = await start();
    await host.delete(id, properties);
    const log = await host.log(/no longer managed/);
    assert.deepEqual([...new Set(log.map((line) => line.urn))], [urn]);
    assert.equal(log.at(-1)?.ephemeral, false);
  });

  it("names each file that changed, and what else makes another deploy necessary", async () => {
    const { inputs } = await host.check({}, { ...declared, description: "one" });
    const { id, properties } = await host.create(inputs);
    const next = await start({ files: { "dags/a.py": "a = 2\n", 'dags/"b".py': "" } });
    try {
      const changed = await next.check(inputs, { ...declared, wait: false });
      const diff = await next.diff(id, properties, changed.inputs, inputs);
      assert.equal(diff.changes, true);
      assert.deepEqual(diff.replaces.sort(), ["dagsDigest", "description"]);
      assert.deepEqual(diff.details, {
        description: "DELETE_REPLACE of inputs",
        'dagsFiles["a.py"]': "UPDATE_REPLACE of inputs",
        'dagsFiles["\\"b\\".py"]': "ADD_REPLACE of inputs",
      });
    } finally {
      await next.stop();
    }
  });

  it("has the digests of the dynamic resource for each form of files", async () => {
    const forms: Record<string, [sent: unknown, inTypeScript: unknown]> = {
      "a path": ["./dags", "./dags"],
      "a FileArchive": [archive({ path: "./dags" }), "./dags"],
      "an AssetArchive": [
        archive({
          assets: {
            "a.py": asset({ path: "./dags/a.py" }),
            "empty.py": asset({}),
            "text.py": asset({ text: "t = 1\n" }),
            lib: archive({ path: "./lib" }),
            more: archive({ assets: { "c.py": asset({ text: "c = 1\n" }) } }),
          },
        }),
        {
          "a.py": { file: "./dags/a.py" },
          "empty.py": "",
          "text.py": "t = 1\n",
          lib: { folder: "./lib" },
          more: { files: { "c.py": "c = 1\n" } },
        },
      ],
      "a map": [
        { "a.py": "a = 1\n", "b.py": asset({ path: "lib/b.py" }), lib: archive({ path: "lib" }) },
        { "a.py": "a = 1\n", "b.py": { file: "lib/b.py" }, lib: { folder: "lib" } },
      ],
    };
    const dynamic = await ProviderHost.start({ files, env: emulator.env });
    const stub = serializedStub();
    try {
      for (const [form, [sent, inTypeScript]] of Object.entries(forms)) {
        const [own, other] = await Promise.all([
          host.check({}, { ...declared, dags: sent }),
          dynamic.check({}, { ...declared, dags: inTypeScript, __provider: stub }),
        ]);
        assert.deepEqual(own.failures, [], form);
        assert.match(String(own.inputs.dagsDigest), /^sha256:/, form);
        assert.equal(own.inputs.dagsDigest, other.inputs.dagsDigest, form);
        assert.deepEqual(own.inputs.dagsFiles, other.inputs.dagsFiles, form);
        assert.deepEqual(own.inputs.dags, other.inputs.dags, form);
      }
    } finally {
      await dynamic.stop();
    }
  });

  it("ships files that the program makes, and keeps their texts out of the state", async () => {
    const dags = archive({ assets: { "etl.py": asset({ text: "made = 'by the program'\n" }) } });
    const { inputs } = await host.check({}, { ...declared, dags });
    const { properties } = await host.create(inputs);
    assert.equal(properties.status, "DEPLOYED");
    assertNowhere(["by the program"], [["the state", JSON.stringify([inputs, properties])]]);
  });

  it("refuses what is no folder, and what does not ship, without its value", async () => {
    const texts: string[] = [];
    for (const dags of [
      asset({ path: "dags/a.py" }),
      archive({ uri: "https://host.example/?sig=SECRET" }),
      archive({ assets: { "a.py": asset({ uri: "https://host.example/?sig=SECRET" }) } }),
    ]) {
      const { failures } = await host.check({}, { ...declared, dags });
      assert.equal(failures[0]?.property, "");
      texts.push(...failures.map(({ reason }) => reason));
    }
    assert.match(
      texts.join("\n"),
      /dags: is an asset.*\ndags: is a remote.*\ndags\["a.py"\]: is a r/,
    );
    assertNowhere(["SECRET"], [["the reasons", texts.join()]]);
  });

  it("keeps secret what was: nested, in a list, and the digests of secret files", async () => {
    const { inputs, failures } = await host.check(
      {},
      {
        ...declared,
        description: secret("hush"),
        exclude: ["*.txt", secret("*.md")],
        dags: { "a.py": secret(asset({ text: "hush = 1\n" })), "b.py": "b = 1\n" },
        git: {
          provider: "GITHUB",
          account: "acme",
          repo: "etl",
          branch: secret("hush"),
          commitSha: "c0ffee",
          commitUrl: "https://github.com/acme/etl/commit/c0ffee",
        },
      },
    );
    assert.deepEqual(failures, []);
    const { properties } = await host.create(inputs);
    for (const values of [inputs, properties]) {
      for (const name of ["description", "exclude", "dagsDigest", "dagsFiles"]) {
        assert.ok(isSecret(values[name]), name);
      }
      const { branch, account } = values.git as Properties;
      assert.ok(isSecret(branch));
      assert.equal(account, "acme");
    }
    assert.equal(deploys()[0]?.description, "hush");
    const bare = await host.create(
      (await host.check({}, { deploymentId, type: "DAG_ONLY" })).inputs,
    );
    assert.ok(isSecret(bare.properties.dagsUploadUrl));
  });

  it("lets what is not known yet through, and knows it as such in a preview", async () => {
    const { inputs, failures } = await host.check(
      {},
      // What stands for an unknown archive is another text.
      { deploymentId: unknown, type: unknown, dags: "e48ece36-62e2-4504-bad9-02848725956a" },
    );
    assert.deepEqual(failures, []);
    assert.equal(inputs.dagsDigest, unknown);
    const { properties } = await host.create(inputs, { preview: true });
    for (const name of ["status", "deployId", "deploymentId"]) {
      assert.equal(properties[name], unknown, name);
    }
    assert.deepEqual(emulator.requests, []);
  });

  it("warns in the preview of what the Deployment would refuse, if it has a token to ask with", async () => {
    const [deployment] = emulator.deployments;
    assert.ok(deployment);
    deployment.isDagDeployEnabled = false;
    const { inputs } = await host.check({}, declared);
    await host.create(inputs, { preview: true });
    const warning = (await host.log(/would fail now/)).at(-1);
    assert.match(warning?.message ?? "", /^etl \(Deployment .*DAG deploys are off/);
    assert.equal(warning?.severity, "WARNING");
    assert.deepEqual(deploys(), []);

    const { ASTRO_API_TOKEN: _, ...env } = emulator.env;
    const without = await start({ env });
    try {
      emulator.requests.splice(0);
      await without.create(inputs, { preview: true });
      assert.deepEqual(emulator.requests, []);
    } finally {
      await without.stop();
    }
  });

  it("imports a deploy by its ids, with inputs that make it what it is", async () => {
    const { id } = emulator.foreignDeploy(deploymentId, { description: "by hand" });
    const { organizationId } = emulator;
    for (const name of [`${organizationId}/${deploymentId}/${id}`, `${deploymentId}/${id}`]) {
      const found = await host.read(name, {});
      assert.equal(found.id, id);
      assert.equal(found.properties.deployId, id);
      assert.deepEqual(found.inputs, {
        organizationId,
        deploymentId,
        type: "DAG_ONLY",
        description: "by hand",
      });
      const { inputs } = await host.check(found.inputs, found.inputs);
      const diff = await host.diff(id, found.properties, inputs, found.inputs);
      assert.deepEqual([diff.changes, diff.details], [false, {}]);
    }
    await assert.rejects(host.read(id, {}), /name it as ORGANIZATION\/DEPLOYMENT\/DEPLOY/);
    await assert.rejects(host.read(`${deploymentId}/cnotthere0000000000000000`, {}), /404/);
  });

  it("imports a bundle whose deploy has not ended, of which the service does not say the kind", async () => {
    const { organizationId } = emulator;
    const bundle = { bundleType: "dbt", bundleMountPath: "/usr/local/airflow/dbt/shop" };
    const begun = await host.create({ organizationId, deploymentId, type: "BUNDLE", ...bundle });
    const found = await host.read(`${deploymentId}/${begun.id}`, {});
    assert.deepEqual(found.inputs, {
      organizationId,
      deploymentId,
      type: "BUNDLE",
      bundleMountPath: bundle.bundleMountPath,
    });
  });

  it("warns of two resources that deploy to the same part, each once", async () => {
    const other = urn.replace(/etl$/, "again");
    const apart = urn.replace(/etl$/, "apart");
    await host.check({}, declared);
    await host.check({}, { ...declared, deploymentId: emulator.deployments[1]?.id }, apart);
    for (let time = 0; time < 2; time++) await host.check({}, declared, other);
    const said = (await host.log(/same part/)).filter(({ message }) =>
      message.includes("same part"),
    );
    assert.deepEqual(
      said.map(({ message, urn, severity }) => [message.slice(0, 17), urn, severity]),
      [['"again" and "etl"', other, "WARNING"]],
    );
  });

  it("says what an interrupted wait for its turn has left: nothing", async () => {
    const { inputs } = await host.check({}, declared);
    const { arrived, release } = hold(emulator, "CreateDeploy");
    const first = host.create(inputs).catch((error: unknown) => error);
    await arrived;
    const second = host.create(inputs, { timeout: 1 });
    await assert.rejects(second, /nothing was deployed, since another deploy to it had not ended/);
    release();
    await first;
    assert.equal(deploys().length, 1);
  });

  it("says of a refresh that a deploy was superseded, once, and of nothing else that it changed", async () => {
    const { inputs } = await host.check({}, declared);
    const { id, properties } = await host.create(inputs);
    const same = await host.read(id, properties, inputs);
    assert.deepEqual(same.inputs, inputs);
    assert.equal((await host.diff(id, same.properties, inputs, inputs)).changes, false);
    emulator.advance(2000);
    emulator.foreignDeploy(deploymentId);
    const found = await host.read(id, properties, inputs);
    const drift = await host.diff(id, found.properties, inputs, inputs);
    assert.deepEqual([drift.changes, drift.replaces], [true, []]);
    // Seen from the program: the engine turns it around.
    assert.deepEqual(drift.details, { supersededBy: "DELETE of outputs" });
    assert.equal((await host.diff(id, found.properties, inputs, inputs)).changes, false);
    const again = await host.read(id, found.properties, inputs);
    assert.equal((await host.diff(id, again.properties, inputs, inputs)).changes, false);
  });

  it("hands over a deploy that was begun, with what resumes it", async () => {
    const takeBack = emulator.fail({ operation: "FinalizeDeploy", how: { status: 400 } });
    const { inputs } = await host.check({}, declared);
    const failed: unknown = await host.create(inputs).catch((error: unknown) => error);
    assert.ok(failed instanceof InitFailed, String(failed));
    assert.equal(failed.id, deploys()[0]?.id);
    assert.equal(failed.properties.deployId, failed.id);
    assert.equal(failed.reasons.length, 1);
    const diff = await host.diff(failed.id, failed.properties, inputs, inputs);
    assert.deepEqual([diff.changes, diff.details], [true, { status: "UPDATE of outputs" }]);

    takeBack();
    const preview = await host.update(failed.id, failed.properties, inputs, { preview: true });
    assert.deepEqual(
      [preview.properties.status, preview.properties.deployId],
      [unknown, failed.id],
    );
    assert.equal(deploys()[0]?.status, "INITIALIZED");
    const { properties } = await host.update(failed.id, failed.properties, inputs);
    assert.equal(properties.status, "DEPLOYED");
    assert.equal(deploys().length, 1);
  });

  it("takes its settings from a provider's arguments, whose token is always secret", async () => {
    const { ASTRO_API_TOKEN: token = "", ...env } = emulator.env;
    await host.stop();
    host = await start({ env, config: { token: secret(token), deployTimeoutSeconds: "1" } });
    emulator.plan({ processingMs: Infinity });
    const { inputs } = await host.check({}, declared);
    await assert.rejects(host.create(inputs), /still INITIALIZED after 1 s/);
    assertNowhere([token], [["what was said", host.messages.join()]]);

    const checked = await host.checkConfig({ token, baseUrl: "https://a" });
    assert.ok(isSecret(checked.token));
    assert.equal(checked.baseUrl, "https://a");
    const { changed, replaces } = await host.diffConfig(checked, { ...checked, token: "other" });
    assert.deepEqual([changed, replaces], [["token"], []]);
    assert.deepEqual((await host.diffConfig(checked, checked)).changed, []);
  });

  it("answers the functions", async () => {
    const { organizationId } = emulator;
    const first = emulator.foreignDeploy(deploymentId);
    const found = await host.invoke("astro:index:getDeploy", { deploymentId, deployId: first.id });
    assert.equal(found.id, first.id);
    assert.equal(found.dagsUploadUrl, undefined);
    const list = await host.invoke("astro:index:getDeploys", { deploymentId, organizationId });
    assert.deepEqual(
      (list.deploys as Properties[]).map(({ id }) => id),
      [first.id],
    );
    const newest = await host.invoke("astro:index:getNewestDeploy", { deploymentId });
    assert.equal(newest.id, first.id);
    const [, other] = emulator.deployments;
    assert.ok(other);
    assert.deepEqual(
      await host.invoke("astro:index:getNewestDeploy", { deploymentId: other.id }),
      {},
    );
    const deployment = await host.invoke("astro:index:getDeployment", { name: other.name });
    assert.equal(deployment.id, other.id);
    await assert.rejects(host.invoke("astro:index:getDeploy", { deploymentId }), /deployId/);
    await assert.rejects(host.invoke("astro:index:guess", {}), /no function astro:index:guess/);
  });

  it("has a commit that could not be determined leave what is deployed as it is", async () => {
    const { git } = await host.invoke("astro:index:gitFromCheckout", { path: "./dags" });
    await host.logged(/The deploy has no Git commit/);
    const commit = {
      provider: "GITHUB",
      account: "acme",
      repo: "etl",
      branch: "main",
      commitSha: "c0ffee",
      commitUrl: "https://github.com/acme/etl/commit/c0ffee",
    };
    const { inputs } = await host.check({}, { ...declared, git: commit });
    const next = await host.check(inputs, { ...declared, git });
    assert.deepEqual(next.failures, []);
    assert.deepEqual(next.inputs.git, commit);
    assert.equal((await host.check({}, { ...declared, git })).inputs.git, undefined);
  });

  it("reports to an engine that did not start it", async () => {
    await host.stop();
    host = await start({ attaches: true });
    await host.check({}, { deploymentId, type: "DAG_ONLY", wait: true });
    assert.deepEqual(
      (await host.log(/nothing is shipped/)).map((line) => line.urn),
      [urn],
    );
  });

  it("has the schema of its version", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as Properties;
    const schema = await host.schema();
    assert.equal(schema.version, version);
    assert.equal(schema.name, "astro");
    if (!existsSync("provider/hosts/plugin/schema.json")) return;
    assert.ok("astro:index:Deploy" in (schema.resources as object));
  });
});
