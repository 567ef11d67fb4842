import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { digestTree } from "../../provider/artifact/digest";
import { formatImageReference, parseImageReference } from "../../provider/artifact/image/reference";
import { packTree } from "../../provider/artifact/pack";
import { deployTypes } from "../../provider/astro/types";
import { deploySchema } from "../../provider/astro/schemas";
import { check } from "../../provider/lifecycle/check";
import type { Context } from "../../provider/lifecycle/context";
import { diff } from "../../provider/lifecycle/diff";
import { argsSchema, type DeployInputs } from "../../provider/lifecycle/inputs";
import { toOutputs } from "../../provider/lifecycle/outputs";
import { unknownValue } from "../../provider/lifecycle/unknown";
import { hide, redact } from "../../provider/redact";
import { readSettings } from "../../provider/settings";

const context: Context = {
  settings: readSettings(() => undefined, { ASTRO_ORGANIZATION_ID: "org" }),
  client: () => assert.fail("nothing may be sent"),
  reporter: { progress: () => undefined, notice: () => undefined },
  known: new Set(),
};

/** Any JSON, with values in it that are not known yet. */
const anything = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant(unknownValue),
    fc.string(),
    fc.constantFrom(...deployTypes, "GITHUB", "oci:x", "./nowhere"),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 3 }),
  ),
})).value;

const inputNames = Object.keys(argsSchema.shape);
const anyArgs = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom(...inputNames), fc.string()), anything), {
    maxLength: 8,
  })
  .map((pairs) => Object.fromEntries(pairs) as Record<string, unknown>);

const text = fc.string({ minLength: 1 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const subject = fc.record(
  { id: text, subjectType: text, fullName: text, apiTokenName: text },
  { requiredKeys: ["id"] },
);
const anyDeploy = fc.record(
  {
    id: text,
    deploymentId: text,
    createdAt: text,
    imageRepository: text,
    imageTag: text,
    isDagDeployEnabled: fc.boolean(),
    status: fc.oneof(fc.constantFrom("INITIALIZED", "DEPLOYED", "FAILED"), text),
    type: fc.oneof(fc.constantFrom<string>(...deployTypes), text),
    description: fc.string(),
    dagTarballVersion: text,
    dagsUploadUrl: fc.webUrl(),
    bundles: fc.array(fc.record({ bundleType: text, deployId: text, mountPath: text }), {
      maxLength: 2,
    }),
    git: fc.record(
      { provider: text, commitSha: text, branch: text },
      { requiredKeys: ["provider", "commitSha"] },
    ),
    createdBySubject: subject,
    updatedAt: fc.constantFrom(null, "2026-01-01T00:00:00Z"),
    somethingNew: fc.jsonValue(),
  },
  {
    requiredKeys: [
      "id",
      "deploymentId",
      "createdAt",
      "imageRepository",
      "imageTag",
      "isDagDeployEnabled",
      "status",
      "type",
    ],
  },
);

const anyInputs: fc.Arbitrary<DeployInputs> = fc
  .record({
    organizationId: text,
    deploymentId: text,
    type: fc.constantFrom(...deployTypes),
    description: maybe(fc.string()),
    dags: maybe(text),
    dagsDigest: maybe(text),
    rollbackTo: maybe(text),
    wait: maybe(fc.boolean()),
    removeBundleOnDelete: maybe(fc.boolean()),
    git: maybe(fc.record({ provider: fc.constant("GITHUB" as const), commitSha: text })),
  })
  .map((inputs) => JSON.parse(JSON.stringify(inputs)) as DeployInputs);

describe("what nobody would think of", () => {
  it("never makes check throw, show the text of an unknown value, or send anything", async () => {
    await fc.assert(
      fc.asyncProperty(anyArgs, async (args) => {
        const { failures } = await check(context, structuredClone(args));
        for (const { property, reason } of failures) {
          assert.equal(typeof property, "string");
          assert.ok(reason.length > 0);
          if (!Object.keys(args).includes(unknownValue))
            assert.ok(!reason.includes(unknownValue), reason);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("gives the same when its own result is checked again", async () => {
    await fc.assert(
      fc.asyncProperty(anyArgs, async (args) => {
        const once = await check(context, structuredClone(args));
        const twice = await check(
          context,
          structuredClone(once.inputs) as unknown as Record<string, unknown>,
        );
        assert.deepEqual(twice, once);
      }),
      { numRuns: 300 },
    );
  });

  it("never makes diff throw, whatever the inputs and the state of another release are", () => {
    fc.assert(
      fc.property(anyArgs, anyArgs, (olds, news) => {
        const { changes, replaces } = diff(olds, news as unknown as DeployInputs);
        assert.ok(changes || replaces.length === 0);
      }),
    );
  });

  it("is no change against itself", () => {
    fc.assert(
      fc.property(anyInputs, anyDeploy, (inputs, answer) => {
        const deploy = { ...deploySchema.parse(answer), status: "DEPLOYED" };
        const outputs = toOutputs(inputs, { deploy, progress: { finalize: "done" } });
        assert.deepEqual(diff(outputs, inputs), { changes: false, replaces: [] });
      }),
    );
  });

  it("makes outputs that are plain JSON, without an id", () => {
    fc.assert(
      fc.property(anyInputs, anyDeploy, (inputs, answer) => {
        const outputs = toOutputs(inputs, { deploy: deploySchema.parse(answer), progress: {} });
        assert.deepEqual(JSON.parse(JSON.stringify(outputs)), outputs);
        assert.equal("id" in outputs, false);
      }),
    );
  });

  it("is read from the service the same, however often", () => {
    fc.assert(
      fc.property(anyDeploy, (answer) => {
        const once = deploySchema.parse(answer);
        const again = deploySchema.parse(JSON.parse(JSON.stringify(once)));
        assert.deepEqual(JSON.parse(JSON.stringify(again)), JSON.parse(JSON.stringify(once)));
      }),
    );
  });

  it("is never taken for an image reference that reads back as another", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((rest) => `oci:${rest}`),
        ),
        (given) => {
          const reference = parseImageReference(given);
          if (reference)
            assert.deepEqual(parseImageReference(formatImageReference(reference)), reference);
        },
      ),
    );
  });

  it("never shows a token or a signature", () => {
    const token = fc.stringMatching(/^[A-Za-z0-9._-]{12,40}$/);
    fc.assert(
      fc.property(token, fc.string(), fc.string(), (secret, before, after) => {
        hide(secret);
        assert.ok(!redact(`${before}${secret}${after}`).includes(secret));
        const url = `https://a.blob.core.windows.net/c/x?sv=1&sig=${secret}`;
        assert.ok(!redact(`${before} ${url} ${after}`).includes(secret));
      }),
      { numRuns: 200 },
    );
  });

  const name = fc
    .stringMatching(/^[a-zé🚀 ._-]{1,12}$/u)
    .filter((part) => !/^\.{1,2}$|^\.git$/.test(part));
  const tree = fc.dictionary(
    fc.array(name, { minLength: 1, maxLength: 3 }).map((path) => path.join("/")),
    fc.string(),
    {
      maxKeys: 8,
    },
  );

  it("digests and packs a tree the same, in whatever order its files were made", async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(tree, async (files) => {
        const root = mkdtempSync(join(tmpdir(), "astro-fuzz-"));
        try {
          const pairs = Object.entries(files);
          const folders = [pairs, [...pairs].reverse()].map((order, n) => {
            const folder = join(root, String(n));
            mkdirSync(folder);
            for (const [path, content] of order) makeFile(join(folder, path), content);
            return folder;
          });
          const [one, other] = await Promise.all(folders.map((folder) => digestTree(folder)));
          // A path that is a file in one order and a folder in the other is not the same tree.
          fc.pre(one?.files === pairs.length && other?.files === pairs.length);
          assert.deepEqual(one, other);
          const packed = await packTree(folders[0] ?? "");
          assert.deepEqual(packed.digest, one);
          await packed.dispose();
        } finally {
          rmSync(root, { recursive: true });
        }
      }),
      { numRuns: 60 },
    );
  });
});

function makeFile(path: string, content: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  } catch {
    // Another file of the tree is where this one's folder would be, or the other way round.
  }
}
