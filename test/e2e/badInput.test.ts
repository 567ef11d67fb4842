import assert from "node:assert/strict";
import { readFileSync, symlinkSync } from "node:fs";
import { setScene, type Scene } from "../helpers/declared";
import { assertNowhere } from "../helpers/leaks";

/** What the engine shows of each kind of refusal. test/host/badInput.test.ts has every argument. */
const refused: Record<string, [Record<string, unknown>, RegExp]> = {
  "a misspelt type": [
    { type: "DAGS" },
    /has a problem: type: must be one of IMAGE_AND_DAG, IMAGE_ONLY, DAG_ONLY, BUNDLE/,
  ],
  "dags with a link that leaves them": [
    { dags: "./linked" },
    /has a problem: dags: out\.py is a link that leaves the folder\. Make it point inside the folder/,
  ],
  "the option import": [{ opts: { import: "some-id" } }, /cannot be imported.*AstroDeploy\.get/s],
};

describe("bad input, through the real engine", () => {
  let scene: Scene;

  before(async () => {
    scene = await setScene({ files: { "dags/a.py": "a = 1\n" } });
    scene.stack.write("linked/in.py", "");
    symlinkSync("../dags/a.py", scene.stack.path("linked/out.py"));
  });
  after(() => scene.dispose());

  for (const [name, [change, message]] of Object.entries(refused)) {
    it(`refuses ${name} in the preview and without one, and sends nothing`, async () => {
      scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", ...change } });
      for (const run of [await scene.stack.preview(), await scene.stack.up()]) {
        assert.notEqual(run.code, 0);
        assert.match(run.all, message);
      }
      assert.deepEqual(scene.operations(), []);
    });
  }

  it("refuses a missing organization, and says the three ways to name it", async () => {
    scene.stack.setEnv("ASTRO_ORGANIZATION_ID", undefined);
    // The emulator's tokens name their organization.
    scene.stack.setEnv("ASTRO_API_TOKEN", "a-token-that-says-nothing-of-itself");
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY" } });
    const run = await scene.stack.preview();
    assert.match(run.all, /organizationId.*astro:organizationId, or as ASTRO_ORGANIZATION_ID/s);
    scene.stack.setEnv("ASTRO_API_TOKEN", scene.emulator.token);
    scene.stack.setEnv("ASTRO_ORGANIZATION_ID", scene.emulator.organizationId);
  });

  it("refuses a wrong configuration", async () => {
    scene.stack.setEnv("ASTRO_BASE_URL", "http://api.astronomer.io");
    const run = await scene.stack.preview();
    assert.match(run.all, /ASTRO_BASE_URL must begin with https/);
    scene.stack.setEnv("ASTRO_BASE_URL", scene.emulator.url);
  });

  it("previews without a token, and asks for one before anything is sent", async () => {
    scene.stack.setEnv("ASTRO_API_TOKEN", undefined);
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" } });
    assert.equal((await scene.stack.preview()).code, 0);
    const run = await scene.stack.up();
    assert.notEqual(run.code, 0);
    assert.match(
      run.all,
      /No API token: run .*--secret astro:token.* or set the environment variable ASTRO_API_TOKEN/s,
    );
    assert.deepEqual(scene.operations(), []);
    scene.stack.setEnv("ASTRO_API_TOKEN", scene.emulator.token);
  });
});

/** No word of any message has a part of it. */
const marker = "Zq7Kp2Vx9Lm4Tr8";
const secret = (value: unknown) => ({ secret: value });

/** Makes every `{ secret: … }` of `declared.json` a secret; `key` of `{ config: key }` is of the configuration. */
const secretive = `
const pulumi = require("@pulumi/pulumi");
const astro = require("pulumi-astro-deploy");
const config = new pulumi.Config();
const revive = (_, value) => {
  if (value && "secret" in Object(value)) return pulumi.secret(value.secret);
  return value && "config" in Object(value) ? config.requireSecret(value.config) : value;
};
const text = require("fs").readFileSync(__dirname + "/declared.json", "utf8");
new astro.AstroDeploy("etl", JSON.parse(text, revive));
`;

/** Values that are no good, by where they are. test/unit/lifecycle/secretInputs.test.ts has every input. */
const secrets: Record<string, Record<string, unknown>> = {
  "a property": { description: secret(marker.repeat(40)) },
  "the configuration": { description: { config: "long" } },
  "an object": { git: { provider: secret(marker), commitSha: "c0ffee" } },
  "a list": { dags: "./dags", exclude: ["*.md", secret(`../${marker}`)] },
  "the name of a folder": { dags: secret(`./${marker}`) },
  "the reference of an image": { type: "IMAGE_ONLY", image: secret(`oci:./${marker}:${marker}`) },
};

describe("bad input that is a secret, through the real engine", () => {
  let scene: Scene;

  before(async () => {
    const files = {
      "index.js": secretive,
      "dags/a.py": "",
      [`${marker}/in.py`]: "",
    };
    // Longer than any other: of what is a secret of the configuration the engine itself says nothing.
    scene = await setScene({ files, stack: { secrets: { long: marker.repeat(60) } } });
    symlinkSync(scene.stack.path(marker, "in.py"), scene.stack.path(marker, "out.py"));
  });
  after(() => scene.dispose());

  async function refusedInSilence(operations: readonly ("preview" | "up")[]): Promise<void> {
    const parts = [marker, marker.toLowerCase()].flatMap((text) =>
      Array.from({ length: text.length - 5 }, (_, at) => text.slice(at, at + 6)),
    );
    const { stack } = scene;
    for (const operate of operations) {
      const run = await stack[operate]();
      assert.notEqual(run.code, 0, run.all);
      assertNowhere(parts, [
        [operate, run.all],
        ["event log", readFileSync(stack.path(".events.json"), "latin1")],
        ["state", (await stack.state()).text],
      ]);
    }
    assert.deepEqual(scene.operations(), []);
  }

  for (const [name, args] of Object.entries(secrets)) {
    it(`does not tell what is in ${name}`, async () => {
      const declared = { deploymentId: scene.deploymentId, type: "DAG_ONLY", ...args };
      scene.stack.write("declared.json", JSON.stringify(declared));
      // Both ask for the same check, and show what it says in the same way.
      await refusedInSilence(name === "a property" ? ["preview", "up"] : ["up"]);
    });
  }

  it("does not tell what is in a setting", async () => {
    const { deploymentId, stack } = scene;
    stack.write("declared.json", JSON.stringify({ deploymentId, type: "DAG_ONLY" }));
    await stack.must("config", "set", "--secret", "astro:imageTool", marker);
    await refusedInSilence(["preview", "up"]);
  });
});
