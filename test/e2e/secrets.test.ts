import assert from "node:assert/strict";
import { execFileSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter } from "node:path";
import { pluginProject, setScene, type Scene } from "../helpers/declared";
import { cliFolder, type Stack } from "../helpers/engine";
import { hold } from "../helpers/hold";
import { writeLayout } from "../helpers/images";
import { craneFolder, needsRegistry } from "../helpers/imageTools";
import { assertNowhere, filesBelow, find, watch, written, type Texts } from "../helpers/leaks";
import { children, commandOf, kill } from "../helpers/processes";
import { Registry } from "../helpers/registry";
import { eventually } from "../helpers/eventually";

/** What everybody on the machine can see of what runs. */
const commandLines = () => execFileSync("ps", ["-ww", "-eo", "args"], { encoding: "utf8" });

/** The environments of all processes, where the system has them in files. */
function environments(): Texts {
  const pids = existsSync("/proc/self/environ") ? readdirSync("/proc") : [];
  return pids.flatMap((pid): Texts => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      return [[`environment of ${command}`, readFileSync(`/proc/${pid}/environ`, "utf8")]];
    } catch {
      // It is no process, or has ended.
      return [];
    }
  });
}

/** Collects what is said, until it is shown. */
function listen({ stdout, stderr }: ChildProcess): () => string {
  let said = "";
  for (const stream of [stdout, stderr]) {
    stream?.on("data", (text: Buffer) => (said += text.toString("latin1")));
  }
  return () => said;
}

describe("secrets, through the real engine", () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await setScene({ files: { "dags/a.py": "a = 1\n" } });
    scene.declare({ etl: { deploymentId: scene.deploymentId, type: "DAG_ONLY", dags: "./dags" } });
  });
  afterEach(() => scene.dispose());

  const nowhere = (texts: Texts) => {
    const { token, signatures } = scene.emulator;
    assert.ok(signatures.length > 0);
    assertNowhere([token, ...signatures], texts);
  };

  it("are in no output, log, event or state of what goes well and what fails", async () => {
    const texts: Texts = [];
    const run = async (name: string, ...args: string[]) => {
      const { all } = await scene.stack.run(...args);
      texts.push([name, all]);
    };
    scene.emulator.onRequest(({ operation }) => {
      texts.push([`command lines at ${operation}`, commandLines()]);
    });
    const watched = [...watch(scene.stack), "--logtostderr"];
    await run("preview", "preview", "--diff", ...watched);
    await run("up", "up", "--yes", "--skip-preview", ...watched);
    await run("refresh", "refresh", "--yes", ...watched);

    for (const operation of ["CreateDeploy", "PutBlob", "FinalizeDeploy"] as const) {
      scene.stack.write("dags/a.py", `a = ${JSON.stringify(operation)}\n`);
      scene.emulator.fail({ operation, how: { status: 403 } });
      await run(`${operation} fails`, "up", "--yes", "--skip-preview", "--debug");
    }
    await run("state", "stack", "export");
    await run("output", "stack", "output");
    await run("destroy", "destroy", "--yes");
    nowhere([...texts, ...filesBelow(scene.stack.folder)]);
  });

  it("are in no state, log or output where the token comes from the stack's configuration", async () => {
    const { stack, emulator } = scene;
    stack.setEnv("ASTRO_API_TOKEN", undefined);
    await stack.must("config", "set", "--secret", "astro:token", emulator.token);
    const texts: Texts = [];
    const runs: Record<string, () => Promise<{ all: string }>> = {
      preview: () => stack.preview("--diff"),
      up: () => stack.up(),
      refresh: () => stack.refresh(),
      state: () => stack.run("stack", "export"),
    };
    for (const [name, run] of Object.entries(runs)) texts.push([name, (await run()).all]);
    assert.equal(scene.deploys()[0]?.status, "DEPLOYED");
    emulator.fail({ operation: "FinalizeDeploy", how: { status: 403 } });
    stack.write("dags/a.py", "a = 2\n");
    texts.push(["a failure", (await stack.up()).all]);
    nowhere([...texts, ...filesBelow(stack.folder)]);
  });

  it("are in nothing that a process leaves behind that is killed", async () => {
    watch(scene.stack);
    const { arrived, release } = hold(scene.emulator, "FinalizeDeploy");
    const engine = scene.stack.start("up", "--yes", "--skip-preview");
    const ended = once(engine, "close");
    const dump = listen(engine);
    await arrived;
    const pid = engine.pid ?? 0;
    kill([pid, ...children(pid)], "SIGABRT");
    await ended;
    release();
    const left = filesBelow(scene.stack.folder);
    assert.ok(
      left.some(([path]) => path.includes("/astro-deploy/")),
      "nothing was left behind, not even the note of the deploy",
    );
    assert.match(dump(), /SIGABRT/);
    nowhere([["the crash dump", dump()], ...left]);
  });
});

/** A program that does the uploads of one deploy, and looks another one up. */
const uploader = `
const { AstroDeploy } = require("pulumi-astro-deploy");
const { DEPLOYMENT: deploymentId, FOUND: id } = process.env;
exports.own = new AstroDeploy("own", { deploymentId, type: "DAG_ONLY" }).dagsUploadUrl;
exports.status = exports.own.apply(async (url) => {
  const headers = { "x-ms-blob-type": "BlockBlob" };
  return (await fetch(url, { method: "PUT", headers, body: "an archive" })).status;
});
exports.found = AstroDeploy.get("found", id, { deploymentId }).dagsUploadUrl;
`;

const url = "upload URL";
const both = "upload URL, token";
const program = environments().length > 0 ? { "environment of the program": "token" } : {};
const logs = { "gRPC log": both, "verbose log": both, trace: both };
const everything = { ...program, ...logs, "event log": url, telemetry: both };
const watched = ", and all that Pulumi can write";
const fails = ", which fails";

/** By command, where Pulumi puts an upload URL that is an output, and a token of the configuration. */
const places: Record<string, Record<string, string>> = {
  [`up${watched}`]: everything,
  up: program,
  "up --json": { ...program, output: url },
  "up --debug": { ...program, output: url },
  "up --logtostderr": { ...program, output: both },
  [`preview${watched}`]: everything,
  "preview --diff": program,
  "preview --json": program,
  "preview --debug": { ...program, output: url },
  "preview --save-plan=plan": program,
  [`refresh${watched}`]: logs,
  [`refresh --run-program${watched}`]: everything,
  "stack export": {},
  "stack export --show-secrets": { output: both },
  "stack output": {},
  "stack output --show-secrets": { output: url },
  "logs decrypt --latest": { output: url },
  [`destroy${watched}`]: logs,
};

function placeOf(path: string): string {
  if (/^environment of .*\/cmd\/run\//.test(path)) return "environment of the program";
  if (/^\.written\/temporary\/pulumi\..*\.log\./.test(path)) return "verbose log";
  return path.replace(`${written}/`, "");
}

/** Runs a command of a table, and returns what it said and what is in the project then. */
async function textsOf(stack: Stack, title: string): Promise<Texts> {
  const flags = watch(stack);
  const [command = ""] = title.split(watched);
  const args = command.split(" ");
  if (/^(up|refresh|destroy)/.test(title)) args.push("--yes", "--skip-preview");
  if (title.includes(watched)) args.push(...flags);
  else stack.setEnv("PULUMI_DEBUG_GRPC", undefined);
  const run = await stack.run(...args);
  assert.equal(run.code === 0, !title.includes(fails), run.all);
  const texts: Texts = [["output", run.all], ...filesBelow(stack.folder)];
  rmSync(stack.path(written), { recursive: true });
  return texts;
}

/** By place, which of the secrets are there. */
function held(texts: Texts, secrets: Record<string, readonly string[]>): Record<string, string> {
  const places: Record<string, string> = {};
  for (const [place, text] of texts) {
    const names = Object.entries(secrets).filter(([, values]) => find(text, values) >= 0);
    if (names.length > 0) places[placeOf(place)] = names.map(([name]) => name).join(", ");
  }
  return places;
}

describe("secrets that Pulumi itself is given, through the real engine", () => {
  it("are in the places that are known, and nowhere else", async () => {
    const scene = await setScene({ files: { "index.js": uploader } });
    const { stack, emulator, deploymentId } = scene;
    const found = emulator.foreignDeploy(deploymentId, { status: "INITIALIZED" });
    stack.setEnv("DEPLOYMENT", deploymentId);
    stack.setEnv("FOUND", found.id);
    stack.setEnv("ASTRO_API_TOKEN", undefined);
    let texts: Texts = [];
    emulator.onRequest(() => {
      texts.push(["command lines", commandLines()], ...environments());
    });
    try {
      await stack.must("config", "set", "--secret", "astro:token", emulator.token);
      const seen: typeof places = {};
      for (const title of Object.keys(places)) {
        texts = [];
        texts.push(...(await textsOf(stack, title)));
        seen[title] = held(texts, { [url]: emulator.signatures, token: [emulator.token] });
      }
      assert.deepEqual(seen, places);
    } finally {
      await scene.dispose();
    }
  });
});

/** A deploy whose files and description are secret, and one that the program uploads to. */
const secretive = `
const { secret } = require("@pulumi/pulumi");
const { Deploy } = require("pulumi-astro-deploy/plugin");
const { FIRST, SECOND, SECRET } = process.env;
const etl = { deploymentId: FIRST, type: "DAG_ONLY", description: secret(SECRET) };
new Deploy("etl", { ...etl, dags: { "etl.py": secret(SECRET) } });
exports.own = new Deploy("own", { deploymentId: SECOND, type: "DAG_ONLY" }).dagsUploadUrl;
`;

const input = "input, upload URL";
const inputLogs = { "gRPC log": input, "verbose log": input, trace: input };
const all = `${input}, token`;

/**
 * By command, where Pulumi puts a secret input of the plugin's resource, and an upload URL that is an
 * output; the token once it is in the configuration, and not in the environment. What the package
 * uploads itself is nowhere.
 */
const pluginPlaces: typeof places = {
  [`up${watched}`]: { ...inputLogs, "event log": input, telemetry: input },
  "preview --diff": {},
  "preview --save-plan=plan": {},
  [`refresh${watched}`]: inputLogs,
  [`up${watched}${fails}`]: {
    ...{ "gRPC log": all, "verbose log": all, trace: all },
    ...{ "event log": url, telemetry: url },
  },
  "stack export": {},
  destroy: {},
};

describe("secrets of the provider plugin, through the real engine", () => {
  it("are in the places that are known, and nowhere else", async () => {
    const scene = await setScene({
      emulator: { deployments: [{}, {}] },
      files: { "Pulumi.yaml": pluginProject, "index.js": secretive },
    });
    const { stack, emulator } = scene;
    const [first = "", second = ""] = emulator.deployments.map(({ id }) => id);
    stack.setEnv("FIRST", first);
    stack.setEnv("SECOND", second);
    stack.setEnv("SECRET", "a secret input");
    let own: string | undefined;
    let texts: Texts = [];
    emulator.onRequest(() => texts.push(["command lines", commandLines()]));
    try {
      const runs: [title: string, texts: Texts][] = [];
      for (const title of Object.keys(pluginPlaces)) {
        if (title.endsWith(fails)) {
          stack.setEnv("ASTRO_API_TOKEN", undefined);
          await stack.must("config", "set", "--secret", "astro:token", emulator.token);
          stack.setEnv("SECRET", "another secret input");
          emulator.fail({ operation: "FinalizeDeploy", how: { status: 403 } });
        }
        texts = [];
        texts.push(...(await textsOf(stack, title)));
        runs.push([title, texts]);
        own ??= String((await stack.outputs()).own);
      }
      const isOwn = (signature: string) => find(own ?? "", [signature]) >= 0;
      const { signatures, token } = emulator;
      const secrets = {
        input: ["a secret input", "another secret input"],
        "upload URL": signatures.filter(isOwn),
        token: [token],
        "upload URL of the package": signatures.filter((signature) => !isOwn(signature)),
      };
      assert.ok(Object.values(secrets).every((values) => values.length > 0));
      const seen = Object.fromEntries(runs.map(([title, texts]) => [title, held(texts, secrets)]));
      assert.deepEqual(seen, pluginPlaces);
    } finally {
      await scene.dispose();
    }
  });
});

describe("the login to the image registry, through the real engine", () => {
  /** Without permissions, as a user's. */
  const token = `x.${Buffer.from('{"sub":"user-of-the-test"}').toString("base64url")}.x`;
  const login = Buffer.from(`cli:${token}`).toString("base64").replace(/=+$/, "");
  const secrets = [token, login];
  let registry: Registry;
  let scene: Scene;

  before(async function () {
    needsRegistry(this);
    registry = await Registry.start("cli", token);
  });
  after(() => (registry as Registry | undefined)?.stop());

  beforeEach(async () => {
    scene = await setScene({ emulator: { token, registry: registry.address } });
    const { deploymentId, stack } = scene;
    await writeLayout(stack.path("image"), { v1: {} });
    scene.declare({ etl: { deploymentId, type: "IMAGE_ONLY", image: "oci:image:v1" } });
  });
  afterEach(async () => {
    registry.mend();
    registry.onRequest = undefined;
    registry.requests.splice(0);
    await scene.dispose();
  });

  const temporaryFolders = () =>
    readdirSync(scene.stack.path(written, "temporary")).filter((name) =>
      name.startsWith("pulumi-astro-deploy-"),
    );

  const providersOf = (engine: number) =>
    children(engine).filter((child) => commandOf(child).includes("dynamic-provider"));

  /** Starts an up, and comes back in the middle of its push. */
  async function startPush(...flags: string[]) {
    registry.fail({ call: "blob", how: "hang" });
    const engine = scene.stack.start("up", "--yes", "--skip-preview", ...flags);
    const said = listen(engine);
    await eventually(
      () => registry.requests.some((line) => line.includes("/blobs/uploads/")),
      "the push uploads a blob",
    );
    // It has to be somewhere for the tool to read.
    const files = filesBelow(scene.stack.path(written, "temporary"));
    assert.ok(files.some(([, text]) => find(text, [login]) >= 0));
    return { engine, said };
  }

  async function gone(pids: readonly number[]): Promise<void> {
    await eventually(() => pids.every((pid) => commandOf(pid) === ""), "the processes have ended");
  }

  /** Where the provider is ended alone, its engine must not be what ends the tool. */
  async function endProvider(engine: number, tools: number[], signal: NodeJS.Signals) {
    kill([engine], "SIGSTOP");
    kill(providersOf(engine), signal);
    await gone(tools);
    kill([engine], "SIGCONT");
  }

  async function pressTwice(engine: ChildProcess, said: () => string): Promise<void> {
    for (const word of ["cancelling", "terminating"]) {
      engine.kill("SIGINT");
      await eventually(() => said().includes(word), `the engine says ${word}`);
    }
  }

  for (const tool of ["skopeo", "crane"]) {
    describe(`with ${tool}`, () => {
      let path: string;

      before(function () {
        const folders = tool === "crane" ? [craneFolder(this)] : [];
        path = [...folders, cliFolder(), process.env.PATH ?? ""].join(delimiter);
      });
      beforeEach(async () => {
        scene.stack.setEnv("PATH", path);
        await scene.stack.config("astro:imageTool", tool);
      });

      it("is in no output, log, event, state or temporary file of pushes, and in no environment", async () => {
        const texts: Texts = [];
        const variables = new Set<string>();
        registry.onRequest = () => {
          texts.push(["command lines", commandLines()]);
          for (const [place, text] of environments()) {
            if (!place.startsWith(`environment of ${tool} `) || !text.includes(written)) continue;
            texts.push([place, text]);
            for (const line of text.split("\0")) variables.add(line.replace(/=.*/s, ""));
          }
        };
        const run = async (...args: string[]) => {
          const { all } = await scene.stack.run(...args, "--yes", "--skip-preview");
          texts.push([args.join(" "), all]);
        };
        const flags = [...watch(scene.stack), "--logtostderr"];
        await run("up", ...flags);
        assert.equal(scene.deploys()[0]?.status, "DEPLOYED");
        assert.ok(variables.size > 0 || environments().length === 0, "no tool was seen");
        assert.deepEqual(
          [...variables].filter((name) => /^(ASTRO|PULUMI)_/.test(name)),
          [],
        );

        registry.fail({ call: "manifest", how: { status: 403 } });
        await writeLayout(scene.stack.path("image"), { v1: { content: "another" } });
        await run("up", "--debug");
        assert.equal(scene.deploys()[1]?.status, "INITIALIZED");
        assert.deepEqual(temporaryFolders(), []);
        await run("destroy", ...flags);
        assertNowhere(secrets, [...texts, ...filesBelow(scene.stack.folder)]);
      });

      for (const how of ["SIGTERM", "SIGINT", "Ctrl+C, twice"] as const) {
        it(`is in nothing that is left of a push that was ended by ${how}`, async () => {
          const flags = watch(scene.stack);
          const { engine, said } = await startPush(...flags);
          const ended = once(engine, "close");
          const { pid = 0 } = engine;
          const providers = providersOf(pid);
          const tools = children(pid).filter((child) => commandOf(child).startsWith(`${tool} `));
          try {
            assert.notDeepEqual(tools, []);
            if (how === "Ctrl+C, twice") await pressTwice(engine, said);
            else await endProvider(pid, tools, how);
            await ended;
            await gone([...providers, ...tools]);
          } finally {
            kill([pid, ...providers, ...tools]);
          }
          assert.deepEqual(temporaryFolders(), []);
          assertNowhere(secrets, [["output", said()], ...filesBelow(scene.stack.folder)]);
        });
      }
    });
  }

  it("is in no temporary file any more after the up that follows a kill -9 in the middle of a push", async () => {
    watch(scene.stack);
    const { engine } = await startPush();
    const pids = [engine.pid ?? 0, ...children(engine.pid ?? 0)];
    const ended = once(engine, "close");
    kill(pids);
    await ended;
    await gone(pids);
    assert.equal(temporaryFolders().length, 1);
    registry.mend();
    await scene.stack.must("cancel", "--yes");
    await scene.stack.must("up", "--yes", "--skip-preview");
    assert.deepEqual(temporaryFolders(), []);
    assertNowhere(secrets, filesBelow(scene.stack.folder));
  });
});
