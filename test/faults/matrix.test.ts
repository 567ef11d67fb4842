import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmulator, type Fault, type Operation } from "../../emulator";
import { diff } from "../../provider/lifecycle/diff";
import { UnfinishedDeploy } from "../../provider/lifecycle/unfinished";
import { playLifecycle } from "../helpers/lifecycle";

/** Every call that a deploy of DAGs makes, in its order. */
const calls = [
  "GetDeployment",
  "ListDeploys",
  "CreateDeploy",
  "PutBlob",
  "FinalizeDeploy",
  "GetDeploy",
] as const satisfies readonly Operation[];
type Call = (typeof calls)[number];

/** Every way in which a call goes wrong. */
const faults: Record<string, Omit<Fault, "operation">> = {
  "reset before": { how: "reset" },
  "reset after": { how: "reset", when: "after" },
  "no answer": { how: "hang" },
  "429": { how: { status: 429, body: "slow down" } },
  "429 Retry-After": { how: { status: 429, headers: { "retry-after": "1" } } },
  "500": { how: { status: 500 } },
  "500 after": { how: { status: 500 }, when: "after" },
  "502": { how: { html: 502 } },
  "503": { how: { status: 503 } },
  "504": { how: { status: 504 }, when: "after" },
  truncated: { how: "truncate" },
  html: { how: "html" },
  shape: { how: "shape" },
  trickle: { how: { trickleMs: 200 } },
  "401": { how: { status: 401 } },
};

/**
 * What became of a deploy.
 *
 * - `done`: DEPLOYED by the same `up`.
 * - `kept`: a clear error, the deploy in the state; DEPLOYED by the next `up`.
 * - `none`: a clear error, and nothing was created; DEPLOYED by the next `up`.
 * - `fresh`: as `kept`, but the next `up` had to make a fresh deploy, and said so.
 */
type Outcome = "done" | "kept" | "none" | "fresh";

const untilCreation: readonly Call[] = ["GetDeployment", "ListDeploys", "CreateDeploy"];

/** A clear error: nothing exists yet, or the deploy is kept. */
const failed = (call: Call): Outcome => (untilCreation.includes(call) ? "none" : "kept");

/** Faults that change only the answer: the request was processed. */
const processed = new Set(["reset after", "500 after", "504", "truncated", "trickle"]);

/** What a fault that hits one request comes to. */
function expectedOnce(call: Call, fault: string): Outcome {
  // Another attempt with the same token would be refused just so.
  if (fault === "401") return failed(call);
  // A store that takes an upload answers 201; an upload without an answer takes all of its time.
  if (call === "PutBlob" && ["no answer", "html", "shape"].includes(fault)) return "kept";
  return "done";
}

/** What a fault that hits every request until the end of the `up` comes to. */
function expectedLasting(call: Call, fault: string): Outcome {
  // What was processed is found out by asking for the deploy, which is not disturbed here.
  if ((call === "CreateDeploy" || call === "FinalizeDeploy") && processed.has(fault)) return "done";
  // An upload has no body to wait for in its answer.
  if (call === "PutBlob" && fault === "trickle") return "done";
  return failed(call);
}

describe("the matrix of faults", function () {
  this.timeout(600_000);
  let home: string;

  before(() => {
    home = mkdtempSync(join(tmpdir(), "astro-matrix-"));
    writeFileSync(join(home, "dag.py"), "a = 1\n");
    process.env.PULUMI_HOME = join(home, "pulumi");
  });
  after(() => {
    delete process.env.PULUMI_HOME;
    rmSync(home, { recursive: true });
  });

  it("is right in every cell for a fault that passes", async () => {
    const table = await fill(1, home);
    print("One fault that passes", table);
    assertTable(table, expectedOnce);
  });

  it("is right in every cell for a fault that lasts", async () => {
    const table = await fill(1000, home);
    print("A fault that lasts as long as the `pulumi up`", table);
    assertTable(table, expectedLasting);
  });

  it("is right where nothing listens", async () => {
    const port = await freePort();
    const emulator = await startEmulator({ port });
    const play = playLifecycle(emulator, dags(home));
    const inputs = await play.inputs();
    await emulator.close();
    await assert.rejects(
      play.create(inputs),
      /Could not read the Deployment .*: connection refused/,
    );
  });

  it("is right where the token is revoked midway", async () => {
    for (const call of calls) {
      const emulator = await startEmulator();
      const token = emulator.addToken();
      const play = playLifecycle(emulator, dags(home), token);
      emulator.onRequest(({ operation, phase }) => {
        if (operation === call && phase === "before") emulator.revokeToken(token);
      });
      const error = await play.create(await play.inputs()).then(
        () => undefined,
        (reason: unknown) => reason as Error,
      );
      assert.match(error?.message ?? "", /The token is missing, wrong, expired or revoked/, call);
      assert.equal(error instanceof UnfinishedDeploy, !untilCreation.includes(call), call);
      await emulator.close();
    }
  });

  it("is right where this machine's clock is off", async () => {
    for (const hours of [-30, 30]) {
      const emulator = await startEmulator();
      emulator.advance(hours * 3_600_000);
      emulator.fail({ operation: "CreateDeploy", how: "reset", when: "after" });
      const play = playLifecycle(emulator, dags(home));
      await play.create(await play.inputs());
      assert.deepEqual(play.statuses(), ["DEPLOYED"]);
      await emulator.close();
    }
  });
});

const dags = (folder: string) => ({ type: "DAG_ONLY", dags: folder, exclude: ["pulumi/"] });

async function play(
  call: Call,
  fault: Omit<Fault, "operation">,
  times: number,
  folder: string,
): Promise<Outcome> {
  const emulator = await startEmulator();
  try {
    const stage = playLifecycle(emulator, dags(folder));
    const inputs = await stage.inputs();
    const heal = emulator.fail({ ...fault, operation: call, times });
    let outcome: Outcome = "done";
    try {
      await stage.create(inputs);
    } catch (error) {
      heal();
      assert.match((error as Error).message, /^(Could not|Deploy c\w+ of Deployment)/);
      if (error instanceof UnfinishedDeploy) {
        outcome = "kept";
        const asked = diff(error.properties, inputs);
        assert.equal(asked.changes, true);
        if (asked.replaces.length === 0) await stage.update(error.id, error.properties, inputs);
        else {
          outcome = "fresh";
          await stage.create(inputs);
        }
      } else {
        outcome = "none";
        await stage.create(inputs);
      }
    }
    const statuses = stage.statuses();
    assert.equal(statuses.filter((status) => status === "DEPLOYED").length, 1, statuses.join());
    // A deploy that was made and never finished may stay only where a fresh one was announced.
    if (outcome !== "fresh") assert.equal(statuses.length, 1, statuses.join());
    return outcome;
  } catch (error) {
    throw new Error(
      `${call}, ${JSON.stringify(fault)}, ${times} times: ${(error as Error).message}`,
      { cause: error },
    );
  } finally {
    await emulator.close();
  }
}

type Table = Record<Call, Record<string, Outcome>>;

/** Plays every cell, the cells of a row side by side. */
async function fill(times: number, folder: string): Promise<Table> {
  const table = {} as Table;
  for (const call of calls) {
    const cells = Object.entries(faults).map(
      async ([name, fault]) => [name, await play(call, fault, times, folder)] as const,
    );
    table[call] = Object.fromEntries(await Promise.all(cells));
  }
  return table;
}

function print(title: string, table: Table): void {
  console.log(`\n${title}:`);
  const names = Object.keys(faults);
  const width = Math.max(...names.map((name) => name.length));
  console.log(["".padEnd(width), ...calls].join("  "));
  for (const name of names) {
    const cells = calls.map((call) => (table[call][name] ?? "").padEnd(call.length));
    console.log([name.padEnd(width), ...cells].join("  "));
  }
}

function assertTable(table: Table, expected: (call: Call, fault: string) => Outcome): void {
  for (const call of calls) {
    for (const fault of Object.keys(faults)) {
      assert.equal(table[call][fault], expected(call, fault), `${call}, ${fault}`);
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (address && typeof address === "object") resolve(address.port);
        else reject(new Error("no port"));
      });
    });
  });
}
