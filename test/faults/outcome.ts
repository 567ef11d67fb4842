import assert from "node:assert/strict";
import type { DeployRecord } from "../../emulator";
import type { FakeEngine } from "../helpers/lifecycle";

/**
 * What became of what was asked for. In every case but the first with a clear error, and finished by
 * the next operation; in every case finished once.
 *
 * - `done`: finished by the same operation.
 * - `kept`: the resource is in the state; the next operation goes on.
 * - `fresh`: as `kept`, but the next `up` made a fresh deploy, and the error had said so.
 * - `none`: nothing was made.
 * - `noted`: a deploy was made that the state does not hold; the next `up` found it.
 */
export type Outcome = "done" | "kept" | "fresh" | "none" | "noted";

/** An operation that is disturbed. */
export interface Play {
  stage: FakeEngine;
  act: () => Promise<Error | undefined>;
  /** Ends the disturbance. */
  heal: () => void | Promise<void>;
  /** Which of the Deployment's deploys the operation asks for. */
  asked: (deploy: DeployRecord) => boolean;
  end: DeployRecord["status"];
  /** What the error says, if that is certain. */
  says?: RegExp | undefined;
  /** What the error may not hold, besides the token. */
  secrets: () => readonly string[];
}

/** Acts, once more where that fails, and looks at what there is then. */
export async function runAndClassify(play: Play): Promise<Outcome> {
  const { stage, act, heal, asked, end } = play;
  const made = () => stage.deploys().filter(asked);
  const { token } = stage;
  const failed = await act();
  await heal();
  let outcome: Outcome = "done";
  if (failed) {
    assertClear(failed.message, play, token);
    outcome = stage.resource ? "kept" : made().length === 0 ? "none" : "noted";
    const next = await act();
    assert.equal(next?.message, undefined, `the next one fails after "${failed.message}"`);
  }
  const deploys = made().map(({ status }) => status);
  if (outcome === "kept" && deploys.length === 2) {
    outcome = "fresh";
    assert.match(failed?.message ?? "", /creates a new deploy/);
    assert.notEqual(deploys.shift(), "DEPLOYED");
  }
  assert.deepEqual(deploys, [end], `${outcome}, and there is ${deploys.join()}`);
  return outcome;
}

function assertClear(message: string, { says, secrets }: Play, token: string): void {
  assert.match(
    message,
    /^(Could not|Deploy c\w+ of Deployment|The bundle at) .*[.?]( \[[a-z-]+\])?$/s,
  );
  if (says) assert.match(message, says);
  for (const secret of [token, ...secrets()]) {
    for (const text of [secret, encodeURIComponent(secret)]) {
      assert.ok(!message.includes(text), "the error holds a secret");
    }
  }
}
