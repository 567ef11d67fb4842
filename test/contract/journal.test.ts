import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmulator, type Emulator } from "../../emulator";
import { FakeEngine } from "../helpers/lifecycle";

describe("the journal of a run that was killed when its state was written", () => {
  let emulator: Emulator;
  let home: string;
  let engine: FakeEngine;
  let saved: string;

  beforeEach(async () => {
    emulator = await startEmulator();
    home = mkdtempSync(join(tmpdir(), "journal-"));
    saved = join(home, "saved");
    writeFileSync(join(home, "a.py"), "a = 1\n");
    const args = { type: "DAG_ONLY", dags: home, exclude: ["stage-*", "saved"] };
    engine = new FakeEngine(emulator, args, { token: emulator.token, home });
    emulator.onRequest(({ operation, phase }) => {
      if (operation !== "GetDeploy" || phase !== "after") return;
      cpSync(engine.journal, saved, { recursive: true });
    });
    assert.equal(await engine.up(), undefined);
    cpSync(saved, engine.journal, { recursive: true });
    assert.equal(readdirSync(engine.journal).length, 1);
  });
  afterEach(async () => {
    await emulator.close();
    rmSync(home, { recursive: true });
  });

  it("is let go of by the next up", async () => {
    assert.equal(await engine.up(), undefined);
    assert.deepEqual(readdirSync(engine.journal), []);
    assert.equal(engine.deploys().length, 1);
  });

  it("does not bring the deploy back after a destroy", async () => {
    assert.equal(await engine.destroy(), undefined);
    assert.deepEqual(readdirSync(engine.journal), []);
    assert.equal(await engine.up(), undefined);
    assert.equal(engine.deploys().length, 2);
    assert.doesNotMatch(engine.notices.join(), /resuming/);
  });
});
