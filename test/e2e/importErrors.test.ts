import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { DeploymentSeed, Emulator, ImportFault } from "../../emulator";
import { setScene, type Scene } from "../helpers/declared";
import type { Run } from "../helpers/engine";

const trace = (line: string) => `Traceback (most recent call last):\n  File "x"\n${line}\n`;

interface Case {
  deployment?: DeploymentSeed;
  /** The DAGs, below the folder of the case. Default one file. */
  files?: string[];
  faults?: ImportFault[];
  /** What is said of this Deployment after its name, in any order. */
  told: string[];
}

const many = Array.from({ length: 130 }, (_, at) => `team/${at}.py`);

const cases: Record<string, Case> = {
  "says nothing of DAGs that Airflow can import": { told: [] },
  "warns of each file, with the last line of its trace": {
    files: ["ok.py", "etl/orders.py", "users.py"],
    faults: [
      { file: "etl/orders.py", trace: trace("ModuleNotFoundError: No module named 'acme'") },
      { file: "users.py", trace: trace("NameError: name 'dag' is not defined") },
    ],
    told: [
      "warning: Airflow cannot import etl/orders.py: ModuleNotFoundError: No module named 'acme'",
      "warning: Airflow cannot import users.py: NameError: name 'dag' is not defined",
    ],
  },
  "asks Airflow 2 by its own API": {
    deployment: { astroRuntimeVersion: "12.1.0" },
    faults: [{ file: "etl.py", trace: trace("KeyError: 'HOME'") }],
    told: ["warning: Airflow cannot import etl.py: KeyError: 'HOME'"],
  },
  "takes the web server's address if there is none of the API": {
    deployment: { webServerAirflowApiUrl: "" },
    faults: [{ file: "etl.py", trace: trace("KeyError: 'HOME'") }],
    told: ["warning: Airflow cannot import etl.py: KeyError: 'HOME'"],
  },
  "names the file alone if Airflow hides its trace": {
    faults: [{ file: "etl.py", trace: "" }],
    told: ["warning: Airflow cannot import etl.py"],
  },
  "puts what a trace says on one line, without control characters": {
    faults: [{ file: "etl.py", trace: trace("\u001b[31mError:\u0007 a\tb\u2028c <module 'd'>") }],
    told: ["warning: Airflow cannot import etl.py: [31mError: a b c <module 'd'>"],
  },
  "does not warn of each of very many, from several pages": {
    files: many,
    faults: many.map((file) => ({ file, trace: trace("ImportError: all") })),
    told: [
      ...many
        .slice(0, 20)
        .map((file) => `warning: Airflow cannot import ${file}: ImportError: all`),
      "warning: Airflow cannot import 110 more DAG files",
    ],
  },
  "says what is unknown if Astro gives no address": {
    deployment: { webServerAirflowApiUrl: "", webServerUrl: "" },
    told: ["whether DAGs fail to import is unknown. Astro gives no address of its Airflow."],
  },
  "does not send the token without TLS": {
    deployment: { webServerAirflowApiUrl: "http://etl.example.com/d1/api/v2" },
    told: [
      "whether DAGs fail to import is unknown. The address of its Airflow is not https, so the token is not sent there.",
    ],
  },
};

/** What a run says of a resource, less its name, its Deployment's, and the message's code. */
function toldOf({ all }: Run, name: string): string[] {
  const said = all.matchAll(
    new RegExp(
      `(warning: )?\\b${name} \\(Deployment \\w+\\): (.*import.*) \\[import-error(?:s-unknown)?\\]`,
      "g",
    ),
  );
  // The engine shows each while it runs, and once more at the end.
  return [...new Set([...said].map(([, kind = "", text = ""]) => kind + text))].sort();
}

/** Airflow parses often, so that nobody has to wait long for it. */
const emulator = { parseIntervalMs: 500, processingMs: 10 };

describe("DAGs that fail to import, through the real engine", () => {
  let scene: Scene;
  let run: Run;

  before(async () => {
    scene = await setScene({
      files: Object.fromEntries(
        Object.values(cases).flatMap(({ files = ["etl.py"] }, at) =>
          files.map((file) => [`dags${at}/${file}`, "a = 1\n"]),
        ),
      ),
      emulator: {
        ...emulator,
        deployments: Object.values(cases).map(({ deployment = {} }) => deployment),
      },
      // CI systems get no progress, which names the resource too.
      stack: { env: { CI: "true" } },
    });
    const declared = Object.values(cases).map(({ faults = [] }, at) => {
      const deploymentId = scene.emulator.deployments[at]?.id ?? "";
      for (const fault of faults) scene.emulator.failImport({ deploymentId, ...fault });
      const args = { type: "DAG_ONLY", dags: `./dags${at}`, reportImportErrors: true };
      return [`etl${at}`, { deploymentId, ...args }] as const;
    });
    scene.declare(Object.fromEntries(declared));
    run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
  });
  after(() => scene.dispose());

  for (const [at, [title, { told }]] of Object.entries(cases).entries()) {
    it(title, () => {
      assert.deepEqual(toldOf(run, `etl${at}`), [...told].sort(), run.all);
    });
  }

  it("is asked by the API of the version that the Deployment has, and with the limit of a page", () => {
    const asked = scene.emulator.requests.filter(({ path }) => path.startsWith("/airflow/"));
    assert.ok(asked.every(({ query }) => query.limit === "100"));
    const ofAirflow2 = scene.emulator.deployments[2]?.id ?? "";
    for (const { path } of asked) {
      assert.match(path, path.includes(ofAirflow2) ? /\/api\/v1\/\w+$/ : /\/api\/v2\/\w+$/);
    }
  });
});

describe("Airflow after a deploy, through the real engine", () => {
  let scene: Scene;
  const etl = (args: object = {}) => {
    const { deploymentId } = scene;
    scene.declare({ etl: { deploymentId, type: "DAG_ONLY", dags: "./dags", ...args } });
  };
  /** Deploys with a change, and returns what is said of the DAGs. */
  let changes = 0;
  const told = async () => {
    scene.stack.write("dags/etl.py", `a = ${++changes}\n`);
    scene.operations();
    const run = await scene.stack.up();
    assert.equal(run.code, 0, run.all);
    assert.equal(scene.deploys().at(-1)?.status, "DEPLOYED");
    return toldOf(run, "etl");
  };
  const isAirflow = (operation: string) => /^List(Dags|ImportErrors)$/.test(operation);

  const open = async (parseIntervalMs: number) => {
    scene = await setScene({
      files: { "dags/etl.py": "a = 0\n" },
      emulator: { ...emulator, parseIntervalMs },
      stack: { env: { CI: "true", ASTRO_IMPORT_ERRORS_TIMEOUT_SECONDS: "120" } },
    });
  };
  beforeEach(() => open(emulator.parseIntervalMs));
  afterEach(() => scene.dispose());

  it("is not asked unless the program wants it, and to want it deploys nothing", async () => {
    etl();
    assert.deepEqual(await told(), []);
    etl({ reportImportErrors: true });
    const { steps } = await scene.stack.up();
    assert.deepEqual(steps, { etl: "same" });
    assert.deepEqual(scene.operations().filter(isAirflow), []);
  });

  it("tells of a file that the program makes no more than the class of the exception", async () => {
    scene.emulator.failImport({ file: "made.py", trace: trace("NameError: name 'a_secret' …") });
    etl({ dags: { "made.py": "a_secret\n" }, reportImportErrors: true });
    assert.deepEqual(await told(), ["warning: Airflow cannot import made.py: NameError"]);
  });

  it("has the errors of the version before, which are not told", async () => {
    etl({ reportImportErrors: true });
    const [first, second] = ["ImportError: of the first", "ImportError: of the second"];
    let undo = scene.emulator.failImport({ file: "etl.py", trace: first });
    assert.deepEqual(await told(), [`warning: Airflow cannot import etl.py: ${first}`]);
    undo();
    // What Airflow parsed last is the version before: of that one, the error stays.
    const { dagTarballVersion = "" } = scene.deploys().at(-1) ?? {};
    undo = scene.emulator.failImport({ file: "etl.py", trace: first, dagTarballVersion });
    assert.deepEqual(await told(), []);
    undo();
    scene.emulator.failImport({ file: "etl.py", trace: second });
    assert.deepEqual(await told(), [`warning: Airflow cannot import etl.py: ${second}`]);
  });

  it("may end a parse of the version before when the new one is there already", async () => {
    await scene.dispose();
    // Long enough for each parse to be seen.
    const parseIntervalMs = 3000;
    await open(parseIntervalMs);
    etl({ reportImportErrors: true });
    await told();
    const { dagTarballVersion = "" } = scene.deploys().at(-1) ?? {};
    scene.emulator.failImport({ file: "etl.py", trace: "ImportError: old", dagTarballVersion });
    let isDone = false;
    scene.emulator.onRequest(({ operation, phase }) => {
      const [, deploy] = scene.deploys();
      if (isDone || operation !== "GetDeploy" || phase !== "after") return;
      if (deploy?.status !== "DEPLOYED") return;
      isDone = true;
      // The Deployment is about to be asked in the middle between two parses. The next one is later
      // than what Astro's clock, of whole seconds, says then; it is the last of the version before.
      const half = parseIntervalMs / 2;
      const now = Date.now();
      const ahead = parseIntervalMs - ((now + half) % parseIntervalMs);
      scene.emulator.advance(ahead);
      deploy.updatedAt = new Date(now + ahead + half + 1).toISOString();
    });
    assert.deepEqual(await told(), []);
    assert.ok(isDone);
  });

  it("is asked again after a failure that passes", async () => {
    etl({ reportImportErrors: true });
    scene.emulator.failImport({ file: "etl.py", trace: "ImportError: x" });
    scene.emulator.fail({ operation: "ListImportErrors", times: 2, how: { status: 503 } });
    scene.emulator.fail({ operation: "ListDags", how: "reset" });
    assert.deepEqual(await told(), ["warning: Airflow cannot import etl.py: ImportError: x"]);
  });

  it("has nothing of the token in what is told", async () => {
    etl({ reportImportErrors: true });
    const { token } = scene.emulator;
    scene.emulator.failImport({ file: "etl.py", trace: `ValueError: Bearer ${token}` });
    const said = await told();
    assert.deepEqual(said, [
      "warning: Airflow cannot import etl.py: ValueError: Bearer [redacted]",
    ]);
  });

  const isUnknown = (reason: string) => [`whether DAGs fail to import is unknown. ${reason}.`];
  const unknowns: Record<string, [(emulator: Emulator) => unknown, string]> = {
    "refuses the token": [
      (astro) => astro.fail({ operation: "ListDags", how: { status: 401 } }),
      "Could not list Airflow's DAGs: Airflow does not accept the API token (401)",
    ],
    "does not let the token read": [
      (astro) => astro.fail({ operation: "ListImportErrors", how: { status: 403 } }),
      "Could not list Airflow's import errors: the API token may not read Airflow's DAGs and import errors (403): its role needs deployment.airflow.importError.get, and to read the DAGs",
    ],
    "answers with something else": [
      (astro) => astro.fail({ operation: "ListImportErrors", how: "html" }),
      "Could not list Airflow's import errors: the response is not Airflow's",
    ],
    "has no such path": [
      (astro) => astro.fail({ operation: "ListImportErrors", how: { status: 404 } }),
      "Could not list Airflow's import errors: Airflow answered 404",
    ],
    hibernates: [
      (astro) =>
        astro.onRequest(({ operation, phase }) => {
          const [deployment] = astro.deployments;
          const isOver = operation === "FinalizeDeploy" && phase === "after";
          if (isOver && deployment) deployment.status = "HIBERNATING";
        }),
      "The Deployment hibernates",
    ],
  };
  for (const [what, [arrange, reason]] of Object.entries(unknowns)) {
    it(`that ${what} leaves it unknown, and the deploy is done`, async () => {
      etl({ reportImportErrors: true });
      arrange(scene.emulator);
      assert.deepEqual(await told(), isUnknown(reason));
    });
  }

  const tooLate: Record<string, [(scene: Scene) => unknown, string]> = {
    "cannot be reached": [
      ({ emulator }) => emulator.fail({ operation: "ListImportErrors", times: 99, how: "reset" }),
      "There was no answer after 2 s. Could not list Airflow's import errors: the connection failed (ECONNRESET). Check the network and the proxy settings",
    ],
    "does not parse": [
      ({ emulator }) =>
        emulator.onRequest(({ operation, phase }) => {
          // Its clock stands still: the last parse is one of before.
          if (operation === "ListDags" && phase === "before") emulator.advance(-60_000);
        }),
      "Airflow listed none of the DAGs after 2 s",
    ],
    "never gets the version, since somebody else deployed": [
      ({ emulator, deploymentId }) => {
        let isDone = false;
        emulator.onRequest(({ operation, phase }) => {
          if (operation !== "GetDeployment" || phase !== "before" || isDone) return;
          if (emulator.deploys(deploymentId).at(-1)?.status !== "DEPLOYED") return;
          isDone = true;
          emulator.foreignDeploy(deploymentId);
        });
      },
      "The Deployment did not run the new version yet after 2 s",
    ],
  };
  for (const [what, [arrange, reason]] of Object.entries(tooLate)) {
    it(`that ${what} leaves it unknown after the time that it is given`, async () => {
      scene.stack.setEnv("ASTRO_IMPORT_ERRORS_TIMEOUT_SECONDS", "2");
      etl({ reportImportErrors: true });
      arrange(scene);
      scene.stack.write("dags/etl.py", "a = 'changed'\n");
      const run = await scene.stack.up();
      assert.equal(run.code, 0, run.all);
      assert.deepEqual(
        toldOf(run, "etl"),
        isUnknown(`${reason}. Raise astro:importErrorsTimeoutSeconds to wait longer`),
      );
    });
  }

  it("that redirects is not followed, and nothing is sent elsewhere", async () => {
    const asked: unknown[] = [];
    const elsewhere = createServer((request, response) => {
      asked.push(request.headers);
      response.end();
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
    const { port } = elsewhere.address() as AddressInfo;
    const location = `http://127.0.0.1:${port}/`;
    etl({ reportImportErrors: true });
    scene.emulator.fail({
      operation: "ListImportErrors",
      how: { status: 302, headers: { location } },
    });
    assert.deepEqual(
      await told(),
      isUnknown(
        "Could not list Airflow's import errors: 302, a redirect. It is not followed, since it would send the credentials to another address",
      ),
    );
    assert.deepEqual(asked, []);
    elsewhere.close();
  });
});
