import assert from "node:assert/strict";
import type { Deploy } from "../../../provider/astro/types";
import { remove } from "../../../provider/lifecycle/delete";
import { diff } from "../../../provider/lifecycle/diff";
import { fingerprint } from "../../../provider/lifecycle/inputs/fingerprint";
import type { DeployInputs } from "../../../provider/lifecycle/inputs/table";
import type { DeployOutputs } from "../../../provider/lifecycle/outputs";
import { sessionOf } from "../../helpers/session";

const inputs: DeployInputs = {
  organizationId: "org",
  deploymentId: "dep",
  type: "DAG_ONLY",
  dags: "./dags",
  dagsDigest: "sha256:aa",
};

const stateOf = (of: DeployInputs, day: number, more: Partial<DeployOutputs> = {}) =>
  ({
    ...of,
    status: "DEPLOYED",
    progress: { finalize: "done" },
    fingerprint: fingerprint(of),
    createdAt: `2026-11-0${day}T12:00:00Z`,
    ...more,
  }) as unknown as DeployOutputs;

interface Case {
  /** What the program declares, beside the one that is removed. */
  declared: DeployInputs;
  /** What the state has of it. */
  state: DeployOutputs;
  /** What the state has of the one that is removed. */
  removed?: DeployOutputs;
  /** What this run has created. */
  created?: Pick<Deploy, "type">[];
  /** What was asked of the declared one before, as a refresh does. */
  before?: DeployInputs;
  /** The engine asks for no diff before a replacement that the user wants. */
  noDiff?: true;
}

describe("what is said of a removed deploy that runs beside one of the program", () => {
  /** What the removal reports. */
  async function told(one: Case): Promise<string[]> {
    const notices: string[] = [];
    const session = sessionOf();
    const notice = (message: string) => notices.push(message);
    const listening = { ...session, reporter: { ...session.reporter, notice } };
    session.declarations.keepDeclared(one.declared);
    session.declarations.keep(one.declared, {
      name: "etl",
      index: 0,
      folder: "/",
      undefinedArgs: [],
    });
    if (one.before) await diff(listening, "old", one.state, one.before);
    if (!one.noDiff) await diff(listening, "old", one.state, one.declared);
    notices.length = 0;
    session.locks.createdIn("dep").push(...((one.created ?? []) as Deploy[]));
    await remove(listening, "twin", one.removed ?? stateOf(inputs, 2));
    return notices;
  }

  it("is that it keeps running, and how to deploy the older one again", async () => {
    assert.deepEqual(await told({ declared: inputs, state: stateOf(inputs, 1) }), [
      "Deployment dep: deploy twin is no longer managed. Astro keeps it in the deploy history, and what it deployed keeps running, not what etl (Deployment dep) deployed before it; to deploy that again, run pulumi up --replace with the URN of that resource",
    ]);
  });

  const other = { ...inputs, description: "again" };
  const bare: DeployInputs = { organizationId: "org", deploymentId: "dep", type: "DAG_ONLY" };
  const silent: Record<string, Case> = {
    "is the older": { declared: inputs, state: stateOf(inputs, 3) },
    "is as old": { declared: inputs, state: stateOf(inputs, 2) },
    "is itself superseded": {
      declared: inputs,
      state: stateOf(inputs, 1),
      removed: stateOf(inputs, 2, { supersededBy: { deployId: "x" } as never }),
    },
    FAILED: {
      declared: inputs,
      state: stateOf(inputs, 1),
      removed: stateOf(inputs, 2, { status: "FAILED" }),
    },
    "is a rollback, perhaps to that one": {
      declared: inputs,
      state: stateOf(inputs, 1),
      removed: stateOf(inputs, 2, { rollbackFromId: "old" }),
    },
    "is beside one that has changed": { declared: other, state: stateOf(inputs, 1) },
    "is beside one that has changed since a refresh": {
      declared: { ...inputs, redeployWhenSuperseded: true },
      state: stateOf(inputs, 1, { supersededBy: { deployId: "x" } as never }),
      before: inputs,
    },
    "is beside one that this run has replaced": {
      declared: inputs,
      state: stateOf(inputs, 1),
      before: inputs,
      noDiff: true,
      created: [{ type: "DAG_ONLY" }],
    },
    "is beside one that no diff was asked of": {
      declared: inputs,
      state: stateOf(inputs, 1),
      noDiff: true,
    },
    "is beside one that is not waited for": {
      declared: { ...inputs, wait: false },
      state: stateOf(inputs, 1, { status: "INITIALIZED" }),
    },
    "is beside one that ships nothing": {
      declared: bare,
      state: stateOf(bare, 1, { status: "INITIALIZED" }),
    },
  };
  for (const [what, one] of Object.entries(silent)) {
    it(`is nothing if it ${what}`, async () => {
      assert.deepEqual(await told(one), []);
    });
  }
});
