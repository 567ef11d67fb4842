import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { setScene, type Scene } from "../helpers/declared";
import { assertNowhere, filesBelow, type Texts } from "../helpers/leaks";

/**
 * A program whose DAGs are made of another resource's outputs, by `settings.json`: an output that is
 * also an input of the resource is known in a preview, its id is not before it exists.
 */
const program = `
const pulumi = require("@pulumi/pulumi");
const { AstroDeploy } = require("pulumi-astro-deploy");
const { FileArchive, AssetArchive, FileAsset, StringAsset, RemoteArchive } = pulumi.asset;
const provider = {
  create: async (inputs) => ({ id: "id-" + inputs.generation, outs: inputs }),
  diff: async (_id, olds, news) => ({
    changes: JSON.stringify(olds.values) !== JSON.stringify(news.values) || olds.generation !== news.generation,
    replaces: olds.generation !== news.generation ? ["generation"] : [],
  }),
  update: async (_id, _olds, news) => ({ outs: news }),
};
class Settings extends pulumi.dynamic.Resource {
  constructor(name, props) { super(provider, name, props); }
}
const read = () => JSON.parse(require("fs").readFileSync("settings.json", "utf8"));
const deploymentId = process.env.DEPLOYMENT;
const deploy = (dags, more, opts) => new AstroDeploy("etl", { deploymentId, type: "DAG_ONLY", dags, ...more }, opts);
`;

/** A deploy of these files, given as the text of a program. */
const deploying = (dags: string, rest = ""): string =>
  `${program}const etl = deploy(${dags}${rest && `, ${rest}`});\nexports.id = etl.id; exports.digest = etl.dagsDigest;\n`;

describe("files that the program makes, through the real engine", () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await setScene({
      files: {
        "index.js": deploying('"./dags"'),
        "settings.json": "{}",
        "dags/etl.py": "a = 1\n",
        "dags/lib/one.py": "one = 1\n",
        "dags/lib/two.py": "two = 2\n",
      },
    });
    scene.stack.setEnv("DEPLOYMENT", scene.deploymentId);
  });
  afterEach(() => scene.dispose());

  const declare = (dags: string, rest?: string) => {
    scene.stack.write("index.js", deploying(dags, rest));
  };
  const up = async () => {
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    return run;
  };
  /** What the newest deploy shipped, with the digests of the contents. */
  const shipped = async () => {
    const version = scene.deploys().at(-1)?.dagTarballVersion ?? "";
    const members = await scene.emulator.members(version);
    return Object.fromEntries(members.map(({ name, sha256 }) => [name, sha256]));
  };
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const label = () => `etl (Deployment ${scene.deploymentId})`;

  it("have the digest of the same files on the disk, in every form", async () => {
    await up();
    const { digest } = await scene.stack.outputs();
    const forms = {
      "an archive of a folder": 'new FileArchive("./dags")',
      "an archive of assets": `new AssetArchive({
        "etl.py": new StringAsset("a = 1\\n"),
        lib: new AssetArchive({ "one.py": new FileAsset("./dags/lib/one.py"), "two.py": new StringAsset("two = 2\\n") }),
      })`,
      "a map": `{
        lib: new FileArchive("./dags/lib"),
        "etl.py": pulumi.output("a = 1\\n"),
      }`,
      "a map of paths": `{
        "lib/two.py": Promise.resolve(new FileAsset("./dags/lib/two.py")),
        "lib/one.py": pulumi.output(new StringAsset("one = 1\\n")),
        "etl.py": "a = 1\\n",
      }`,
      "an output of a map":
        'pulumi.output("a = 1\\n").apply((text) => ({ "etl.py": text, lib: new FileArchive("./dags/lib") }))',
      "a folder and a map without what is excluded": `{
        ".git/config": "no", "lib/__pycache__/x.pyc": "no", "x.pyc": "no",
        ".": new FileArchive("./dags"),
      }`,
    };
    const declared = Object.entries(forms).map(
      ([
        form,
        dags,
      ]) => `exports[${JSON.stringify(form)}] = new AstroDeploy(${JSON.stringify(form)}, {
        deploymentId, type: "DAG_ONLY", dags: ${dags}, exclude: ["__pycache__/", "*.pyc"],
      }).dagsDigest;`,
    );
    scene.stack.write("index.js", [program, ...declared].join("\n"));
    await up();
    const digests = Object.fromEntries(Object.keys(forms).map((form) => [form, digest]));
    assert.deepEqual(await scene.stack.outputs(), digests);
  });

  it("are no change in the place of a folder that has them", async () => {
    await up();
    declare('{ "etl.py": "a = 1\\n", lib: new FileArchive("./dags/lib") }');
    assert.deepEqual((await up()).steps, { etl: "same" });
    declare('"./dags"');
    assert.deepEqual((await up()).steps, { etl: "same" });
  });

  const settings = (values: Record<string, string>, generation = 1) => {
    scene.stack.write("settings.json", JSON.stringify({ values, generation }));
  };
  /** Ten DAGs, each of an output of the resource. */
  const ten = `(() => {
    const { values } = new Settings("settings", read());
    const names = Array.from({ length: 10 }, (_, at) => "dag" + at);
    return Object.fromEntries(names.map((name) => [name + ".py", pulumi.interpolate\`NAME = "\${values[name]}"\\n\`]));
  })()`;
  const tenValues = (changed: Record<string, string> = {}) => ({
    ...Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`dag${at}`, `value ${at}`])),
    ...changed,
  });

  it("ship what the outputs of another resource are, and the preview names the one that changes", async () => {
    declare(ten);
    settings(tenValues());
    await up();
    const nameIs = (value: string) => sha256(`NAME = "${value}"\n`);
    assert.deepEqual(
      await shipped(),
      Object.fromEntries(
        Array.from({ length: 10 }, (_, at) => [`dags/dag${at}.py`, nameIs(`value ${at}`)]),
      ),
    );

    const unchanged = await scene.stack.preview("--expect-no-changes");
    assert.equal(unchanged.code, 0, unchanged.all);

    settings(tenValues({ dag7: "another" }));
    const preview = await scene.stack.preview();
    assert.ok(preview.all.includes(`${label()}: dags changed: dag7.py\n`), preview.all);
    assert.deepEqual(preview.steps, { settings: "update", etl: "replace" });
    await up();
    assert.equal((await shipped())["dags/dag7.py"], nameIs("another"));
  });

  it("are named in the preview as far as they are known", async () => {
    const dags = `(() => {
      const { id, values } = new Settings("settings", read());
      return {
        "of_the_id.py": pulumi.interpolate\`ID = "\${id}"\`,
        lib: id.apply(() => new FileArchive("./dags/lib")),
        "of_a_value.py": values.a,
        "plain.py": "a = 1",
      };
    })()`;
    declare(dags);
    settings({ a: "one" });
    const first = await scene.stack.preview("--diff");
    assert.equal(first.code, 0, first.all);
    assert.doesNotMatch(first.all, /04da6b54/);
    await up();
    const { length } = scene.deploys();

    settings({ a: "two" }, 2);
    const preview = await scene.stack.preview("--diff");
    assert.doesNotMatch(preview.all, /04da6b54/);
    const named = `${label()}: dags changed: of_a_value.py; not known yet: lib, of_the_id.py\n`;
    assert.ok(preview.all.includes(named), preview.all);
    await up();
    assert.equal(scene.deploys().length, length + 1);
    assert.equal((await shipped())["dags/of_the_id.py"], sha256('ID = "id-2"'));
  });

  it("leave no text in the state, and a state of the size of a path's", async () => {
    await up();
    const { text: ofPath } = await scene.stack.state();
    declare(`{ "etl.py": "a = 1 # a text of the program\\n", lib: new FileArchive("./dags/lib") }`);
    await up();
    const { text } = await scene.stack.state();
    assert.ok(!text.includes("a text of the program"));
    assert.ok(text.length < ofPath.length + 150, `${text.length} and ${ofPath.length}`);
  });

  describe("of which one is a secret", () => {
    const secret = "a_short_secret_4711";
    const secretDags = `{ "etl.py": pulumi.secret(${JSON.stringify(secret)}), "plain.py": "a = 1\\n" }`;
    const digests = () => {
      const hash = (text: string) => createHash("sha256").update(text).digest("hex");
      return [secret, hash(secret).slice(0, 12), hash(`file\0${secret}`).slice(0, 12)];
    };

    /** What is stored of the digests of a resource: each has to be ciphertext. */
    const storedDigests = async () => {
      const { resources } = await scene.stack.state();
      const { inputs, outputs } = resources.find(({ urn }) => urn.endsWith("::etl")) ?? {};
      return [inputs, outputs].flatMap((values) =>
        ["dagsDigest", "dagsFiles"]
          .filter((name) => values && name in values)
          .map((name) => JSON.stringify(values?.[name])),
      );
    };

    it("are in no state, plan, error or output, and nor are digests of them", async () => {
      const texts: Texts = [];
      const run = async (...args: string[]) => {
        const { all } = await scene.stack.run(...args);
        texts.push([args.join(" "), all]);
      };
      declare(secretDags);
      const log = `--event-log=${scene.stack.path("events.json")}`;
      scene.emulator.fail({ operation: "FinalizeDeploy", how: { status: 403 } });
      await run("preview", "--diff", "--save-plan=plan.json", log);
      await run("up", "--yes", "--diff", "--plan=plan.json", log);
      assert.equal((await storedDigests()).length, 4);
      for (const stored of await storedDigests()) assert.match(stored, /ciphertext/);
      await run("stack", "export");

      await up();
      assert.equal(scene.deploys().at(-1)?.status, "DEPLOYED");
      assert.equal((await shipped())["dags/etl.py"], sha256(secret));
      for (const stored of await storedDigests()) assert.match(stored, /ciphertext/);

      declare(secretDags.replace("a = 1", "a = 2").replace(secret, `${secret}!`));
      await run("preview", "--diff", "--json", log);
      await run("preview", "--diff", log);
      const named = `${label()}: dags changed: etl.py, plain.py\n`;
      assert.ok(texts.at(-1)?.[1].includes(named), texts.at(-1)?.[1]);
      declare(secretDags.replace("plain.py", "../plain.py"));
      await run("preview");
      assert.match(texts.at(-1)?.[1] ?? "", /dags\["\.\.\/plain\.py"\]: is no name of a file/);
      await run("refresh", "--yes", "--run-program", log);
      await run("stack", "output");
      assertNowhere(digests(), [
        ...texts,
        // Not the program's own text, and what Pulumi writes all secrets to.
        ...filesBelow(scene.stack.folder).filter(
          ([path]) => !["index.js", "events.json", ".events.json"].includes(path),
        ),
      ]);
    });
  });

  it("stay as they were with ignoreChanges, and are not deployed from the state", async () => {
    declare('{ "etl.py": "a = 1" }');
    await up();
    declare('{ "etl.py": "a = 2" }', 'undefined, { ignoreChanges: ["dags"] }');
    const { steps, all } = await scene.stack.preview();
    assert.deepEqual(steps, { etl: "same" }, all);
    declare('{ "etl.py": "a = 2" }', '{ description: "new" }, { ignoreChanges: ["dags"] }');
    const run = await scene.stack.up();
    // The engine checks a replacement a second time, with the program's own values.
    assert.equal(run.code, 0, run.all);
    assert.equal((await shipped())["dags/etl.py"], sha256("a = 2"));
  });

  it("are refused by name before anything is sent, with what is allowed", async () => {
    const refused: Record<string, RegExp> = {
      'new RemoteArchive("https://example.com/x.tar.gz?sig=secret")':
        /dags: is a remote asset or archive, which does not ship: download it, and name the file or the folder\./,
      'new StringAsset("x")':
        /dags: is an asset: name the file that it is, as in \{ "etl\.py": asset \}/,
      '{ "a.py": new pulumi.asset.RemoteAsset("https://example.com/a.py"), "b.py": 42, "c.py": undefined, "d.py": pulumi.output(undefined) }':
        /dags\["a\.py"\]: is a remote asset or archive[^]*dags\["b\.py"\]: must be a text, an asset or an archive, not a number\.[^]*dags\["c\.py"\]: is undefined: give it a value, or leave it out\.[^]*dags\["d\.py"\]: is undefined/,
      '{ lib: new FileArchive("./nowhere") }':
        /dags: lib does not exist\. A relative path starts at/,
    };
    for (const [dags, message] of Object.entries(refused)) {
      declare(dags);
      const { code, all } = await scene.stack.preview();
      assert.notEqual(code, 0, `${dags}: ${all}`);
      assert.match(all, message);
      assert.doesNotMatch(all, /secret|\[object/);
    }
    assert.deepEqual(scene.operations(), []);
  });
});
