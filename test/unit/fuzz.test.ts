import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inspect, isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { digestTree } from "../../provider/artifact/digest";
import { formatImageReference, parseImageReference } from "../../provider/image/reference";
import { packTree } from "../../provider/artifact/archive/pack";
import { createClient, type AstroClient } from "../../provider/astro/client";
import { AstroError } from "../../provider/astro/error";
import { deploymentSchema, deploySchema, deploysPageSchema } from "../../provider/astro/responses";
import { DeployStatus } from "../../provider/astro/types";
import { check, type CheckResult } from "../../provider/lifecycle/check";
import { compare } from "../../provider/lifecycle/diff";
import { fingerprint } from "../../provider/lifecycle/inputs/fingerprint";
import type { DeployInputs } from "../../provider/lifecycle/inputs/table";
import { refreshOutputs, toOutputs } from "../../provider/lifecycle/outputs";
import { fromOutputs } from "../../provider/lifecycle/record";
import { withoutNulls } from "../../provider/lifecycle/state";
import { hasUnknown, unknownValue } from "../../provider/lifecycle/inputs/unknownValue";
import { registerSecret, redact } from "../../provider/http/redact";
import { sessionOf } from "../helpers/session";
import * as answers from "./answers.fuzz";
import { broken, declared, makeSources, partlyKnown, removeSources, secret } from "./declared.fuzz";
import type { Declared } from "./declared.fuzz";
import { anything, some, type Values } from "./values.fuzz";

/** What `check` answers; the host puts the serialized provider among the arguments. */
function checked(
  { apiVersion, args }: Declared,
  provider = "this release",
  olds: Values = {},
): Promise<CheckResult> {
  const environment = { ASTRO_ORGANIZATION_ID: "org", ASTRO_API_VERSION: apiVersion };
  return check(
    { ...sessionOf(environment), client: () => assert.fail("nothing may be sent") },
    olds,
    { ...args, __provider: provider },
  );
}

/** The inputs that the engine goes on with: there are some where nothing is wrong. */
async function inputsOf(program: Declared): Promise<DeployInputs> {
  const { inputs, failures } = await checked(program);
  assert.deepEqual(failures, []);
  return inputs;
}

/** A value as the engine gives it back: it is sent in this form, which not every value has. */
const throughEngine = <T>(value: T) =>
  Struct.fromJavaScript(value as Record<string, JavaScriptValue>).toJavaScript() as T;

const programs = fc.oneof(declared, partlyKnown, broken);

const json = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

describe("what nobody would think of", () => {
  before(makeSources);
  after(removeSources);

  describe("as arguments", () => {
    it("is taken where it is in order, with a digest of each source", async () => {
      await fc.assert(
        fc.asyncProperty(declared, async (program) => {
          const inputs = await inputsOf(program);
          const { dags, bundle, image, rollbackTo } = program.args;
          assert.deepEqual(
            [inputs.dagsDigest, inputs.bundleDigest, inputs.imageSourceDigest].map(Boolean),
            [dags, bundle, image].map((source) => Boolean(source) && !rollbackTo),
          );
        }),
      );
    });

    it("is taken where it is not known yet, whether in place of a value or of none", async () => {
      await fc.assert(
        fc.asyncProperty(partlyKnown, async (program) => {
          await inputsOf(program);
        }),
        { numRuns: 500 },
      );
    });

    it("never makes check throw, or show the text of an unknown value", async () => {
      await fc.assert(
        fc.asyncProperty(broken, async (program) => {
          for (const { property, reason } of (await checked(program)).failures) {
            assert.equal(typeof property, "string");
            assert.match(reason, /\S/);
            assert.ok(!reason.includes(unknownValue), reason);
          }
        }),
        { numRuns: 500 },
      );
    });

    it("is not told in what is said of it", async () => {
      let told = 0;
      await fc.assert(
        fc.asyncProperty(secret, async ({ text, ...program }) => {
          for (const { property, reason } of (await checked(program)).failures) {
            told++;
            for (let at = 0; at <= text.length - 6; at++) {
              assert.ok(!reason.includes(text.slice(at, at + 6)), `${property}: ${reason}`);
            }
          }
        }),
        { numRuns: 1000 },
      );
      assert.ok(told > 500, `${told} reasons`);
    });

    it("comes to the same when its result is checked again", async () => {
      await fc.assert(
        fc.asyncProperty(programs, async (program) => {
          const once = await checked(program);
          // The engine goes on with nothing that is refused.
          fc.pre(once.failures.length === 0);
          const args = structuredClone(once.inputs) as unknown as Values;
          assert.deepEqual(await checked({ ...program, args }, "a later release", args), once);
        }),
        { numRuns: 300 },
      );
    });
  });

  describe("as a state", () => {
    const finished = answers.anyDeploy.map((answer) => ({
      deploy: { ...deploySchema.parse(answer), status: DeployStatus.Deployed },
      progress: { finalize: "done" as const },
    }));

    /** When another value of an input asks for another deploy. */
    const describing: Record<keyof DeployInputs, "always" | "unless rolled back" | "never"> = {
      ...{ organizationId: "always", deploymentId: "always" },
      ...{ description: "always", rollbackTo: "always" },
      ...{ type: "unless rolled back", git: "unless rolled back" },
      ...{ bundleType: "unless rolled back", bundleMountPath: "unless rolled back" },
      ...{ dagsDigest: "unless rolled back", bundleDigest: "unless rolled back" },
      imageSourceDigest: "unless rolled back",
      ...{ dags: "never", dagsBaseDir: "never", dagsFiles: "never", allowEmptyDags: "never" },
      ...{ bundle: "never", bundleFiles: "never", removeBundleOnDelete: "never" },
      ...{ image: "never", exclude: "never", redeployWhenSuperseded: "never", wait: "never" },
      ...{ waitFor: "never", wakeUp: "never" },
      ...{ reportImportErrors: "never", checkSyntax: "never" },
    };
    const names = Object.keys(describing) as (keyof DeployInputs)[];
    const describes = (name: keyof DeployInputs, { rollbackTo }: DeployInputs) =>
      describing[name] === "always" ||
      (describing[name] === "unless rolled back" && rollbackTo === undefined);

    it("asks for nothing where the deploy is finished and the program the same", async () => {
      await fc.assert(
        fc.asyncProperty(declared, finished, async (program, record) => {
          const inputs = await inputsOf(program);
          const olds = withoutNulls(throughEngine(toOutputs(inputs, record)));
          const news = { ...throughEngine(inputs), __provider: "a later release" };
          assert.deepEqual(compare(olds, news), { changes: false, replaces: [] });
        }),
      );
    });

    it("asks for another deploy by the one input that changed, if that describes it", async () => {
      const name = fc.constantFrom(...names);
      const value = fc.oneof(anything, fc.constant(undefined));
      await fc.assert(
        fc.asyncProperty(declared, finished, name, value, async (program, record, name, value) => {
          const inputs = await inputsOf(program);
          const news = { ...inputs, [name]: value };
          // An empty text is the same as none.
          const said = (it: unknown) => (it === "" ? undefined : it);
          fc.pre(!isDeepStrictEqual(said(news[name]), said(inputs[name])));
          // Where a rollback begins or ends, much else begins or ceases to count.
          fc.pre((news.rollbackTo === undefined) === (inputs.rollbackTo === undefined));
          const { replaces } = compare(withoutNulls(toOutputs(inputs, record)), news);
          assert.deepEqual(replaces, describes(name, inputs) ? [name] : []);
        }),
        { numRuns: 300 },
      );
    });

    it("asks for another deploy by each input that describes it and is not known yet", async () => {
      await fc.assert(
        fc.asyncProperty(partlyKnown, finished, async (program, record) => {
          const inputs = await inputsOf(program);
          const unknown = names.filter((name) => hasUnknown(inputs[name]));
          const expected = unknown.filter((name) => describes(name, inputs));
          const { replaces } = compare(withoutNulls(toOutputs(inputs, record)), inputs);
          assert.deepEqual([...replaces].sort(), expected.sort());
        }),
        { numRuns: 200 },
      );
    });

    it("never makes diff throw, whatever another release has written", () => {
      const among = (...keys: string[]) =>
        fc.oneof(fc.dictionary(fc.constantFrom(...keys), anything), anything);
      const state = some({
        fingerprint: among(...names),
        progress: among("finalize", "abandoned"),
        status: fc.oneof(fc.constantFrom("DEPLOYED", "FAILED"), anything),
        ...{ supersededBy: anything, redeployWhenSuperseded: anything },
      });
      const reasons = new Set<string>([...names, "status", "progress", "supersededBy"]);
      fc.assert(
        fc.property(state, programs, fc.boolean(), (state, { args }, isSame) => {
          const news = args as unknown as DeployInputs;
          const olds = isSame ? { ...state, fingerprint: fingerprint(news) } : state;
          const { changes, replaces } = compare(olds, news);
          assert.equal(typeof changes, "boolean");
          assert.ok(replaces.every((name) => reasons.has(name)));
        }),
        { numRuns: 1000 },
      );
    });

    const progress = fc.record(
      {
        finalize: fc.constantFrom("sent" as const, "done" as const),
        ...{ dagTarballVersion: fc.string(), imageDigest: fc.string(), abandoned: fc.string() },
      },
      { requiredKeys: [], noNullPrototype: true },
    );

    it("gives back the deploy as it was answered", async () => {
      await fc.assert(
        fc.asyncProperty(
          declared,
          answers.anyDeploy,
          progress,
          async (program, answer, progress) => {
            const inputs = await inputsOf(program);
            const deploy = deploySchema.parse(answer);
            const outputs = withoutNulls(throughEngine(toOutputs(inputs, { deploy, progress })));
            assert.ok(!("id" in outputs));
            // What the answer does not tell is what was asked for.
            const { bundleMountPath } = inputs;
            const git =
              inputs.git &&
              Object.fromEntries(Object.entries(inputs.git).filter(([, value]) => value !== ""));
            const told = json(deploy) as object;
            // No URL is kept where this package does the upload.
            const { dags, bundle, image, rollbackTo } = inputs;
            const urls = { dagsUploadUrl: undefined, bundleUploadUrl: undefined };
            const hidden = (dags ?? bundle ?? image ?? rollbackTo) === undefined ? {} : urls;
            assert.deepEqual(
              json(fromOutputs(deploy.id, outputs)),
              json({ deploy: { bundleMountPath, git, ...told, ...hidden }, progress }),
            );
          },
        ),
        { numRuns: 200 },
      );
    });

    it("stays as it is when a refresh brings the same, with its URLs signed anew", async () => {
      await fc.assert(
        fc.asyncProperty(
          declared,
          answers.anyDeploy,
          progress,
          async (program, answer, progress) => {
            const deploy = deploySchema.parse(answer);
            const outputs = toOutputs(await inputsOf(program), { deploy, progress });
            for (const name of ["dagsUploadUrl", "bundleUploadUrl"] as const) {
              if (deploy[name] !== undefined) deploy[name] += "&signed=anew";
            }
            assert.deepEqual(refreshOutputs(outputs, { deploy }), outputs);
          },
        ),
      );
    });
  });

  describe("as an answer", () => {
    let reply: answers.Reply;
    let token: string;
    const server = createServer((request, response) => {
      request.resume();
      const body = Buffer.from(reply.body.replaceAll(answers.token, token));
      response.writeHead(reply.status, {
        "content-length": body.length + (reply.damage === "is cut off" ? 1 : 0),
        ...(reply.damage === "is no gzip" && { "content-encoding": "gzip" }),
      });
      response.write(body, () => {
        if (reply.damage === "is cut off") response.destroy();
        else response.end();
      });
    });
    const { random } = Math;
    before(async () => {
      await once(server.listen(0, "127.0.0.1"), "listening");
      // Requests are repeated without a pause.
      Math.random = () => 0;
    });
    after(() => {
      Math.random = random;
      server.close().closeAllConnections();
    });

    const ref = { organizationId: "org", deploymentId: "dep", deployId: "id" };
    const operations = {
      createDeploy: {
        call: (client: AstroClient) => client.createDeploy(ref, { type: "DAG_ONLY" }),
        schema: deploySchema,
        content: answers.anyDeploy,
      },
      listDeploys: {
        call: (client: AstroClient) => client.listDeploys(ref),
        schema: deploysPageSchema,
        content: answers.anyPage,
      },
      getDeployment: {
        call: (client: AstroClient) => client.getDeployment(ref),
        schema: deploymentSchema,
        content: answers.anyDeployment,
      },
    };

    for (const [name, { call, schema, content }] of Object.entries(operations)) {
      it(`of ${name} is read whole, whatever else is in it`, () => {
        // A bundle that is to go is given an empty version.
        const isAbsent = (key: string, value: unknown) =>
          value === null || (value === "" && !/^(current|desired)Version$/.test(key));
        const known = (key: string, value: unknown) =>
          isAbsent(key, value) || key === "somethingNew" ? undefined : value;
        fc.assert(
          fc.property(content, (answer) => {
            const expected = JSON.parse(JSON.stringify(answer), known) as unknown;
            assert.deepEqual(json(schema.parse(answer)), expected);
          }),
        );
      });

      it(`of ${name} is read as what it is, or is an error that shows no secret`, async () => {
        await fc.assert(
          fc.asyncProperty(answers.replyWith(content), async (given) => {
            reply = given;
            // Each token has a rate of its own.
            token = randomUUID();
            registerSecret(token);
            const { port } = server.address() as AddressInfo;
            const client = createClient({
              baseUrl: `http://127.0.0.1:${port}`,
              apiVersion: "v1",
              token,
              requestTimeoutMs: 10_000,
            });
            const result: unknown = await call(client).catch((error: unknown) => {
              assert.ok(error instanceof AstroError, inspect(error));
              const shown = inspect(error, { depth: 9, showHidden: true });
              assert.ok(!shown.includes(token) && !shown.includes(answers.signature), shown);
            });
            const isGood = [200, 201].includes(reply.status) && reply.damage === "none";
            const sent = reply.body.replaceAll(answers.token, token);
            assert.deepEqual(result, isGood ? schema.safeParse(parsed(sent)).data : undefined);
          }),
        );
      });
    }

    function parsed(text: string): unknown {
      try {
        return JSON.parse(text);
      } catch {
        return undefined;
      }
    }
  });

  it("is never taken for an image reference that reads back as another", () => {
    const transport = fc.constantFrom(
      "oci",
      "oci-archive",
      "docker-archive",
      "docker-daemon",
      "docker",
    );
    const name = fc.oneof(fc.string(), fc.stringMatching(/^(\/\/)?[a-z0-9]+([.:/@-][a-z0-9]+)*$/));
    fc.assert(
      fc.property(transport, name, (transport, name) => {
        const reference = parseImageReference(`${transport}:${name}`);
        if (reference)
          assert.deepEqual(parseImageReference(formatImageReference(reference)), reference);
      }),
      { numRuns: 500 },
    );
  });

  it("never shows a token or a signature", () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9._-]{12,40}$/);
    fc.assert(
      fc.property(secret, secret, fc.string(), fc.string(), (token, signature, before, after) => {
        registerSecret(token);
        const url = "https://a.blob.core.windows.net/c/x?sv=1";
        for (const shown of [token, ` ${url}&key=${signature} `, ` sig=${signature} `]) {
          const clean = redact(`${before}${shown}${after}`);
          assert.ok(!clean.includes(token) && !clean.includes(signature), clean);
        }
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
          const names = pairs.map(([path]) => Buffer.from(path)).sort((a, b) => a.compare(b));
          assert.deepEqual(Object.keys(one.summary), names.map(String));
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
