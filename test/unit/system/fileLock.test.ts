import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LockedError, takeLock, type LockOptions } from "../../../provider/system/fileLock";
import { processPlace } from "../../../provider/system/processPlace";

describe("a lock that is a file", () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lock-"));
    path = join(folder, "locks", "one");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const take = (options: Partial<LockOptions> = {}) =>
    takeLock(path, {
      purpose: "the stack project/dev",
      signal: new AbortController().signal,
      maxWaitMs: 60_000,
      onWait: () => undefined,
      ...options,
    });
  /** A process that has ended, so that no other has its id yet. */
  const deadPid = () => spawnSync(process.execPath, ["-e", ""]).pid;
  const write = (owner: object) => {
    const whole = { id: "x", pid: deadPid(), place: processPlace(), description: "d", ...owner };
    writeFileSync(path, JSON.stringify(whole));
  };
  const release = async () => {
    (await take())?.();
  };

  it("keeps the next one out until it is released, and says who holds it", async () => {
    const first = await take();
    assert.ok(first);
    const told: string[] = [];
    const waiting = take({ onWait: (holder) => told.push(holder) });
    await assert.rejects(take({ maxWaitMs: 0 }), LockedError);
    assert.match(told.join(), /^the stack project\/dev \(process \d+ on /);
    first();
    const second = await waiting;
    assert.ok(second);
    assert.match(readFileSync(path, "utf8"), new RegExp(`"pid":${process.pid},`));
    second();
    assert.deepEqual(readdirSync(join(folder, "locks")), []);
  });

  it("is not held by a process of this place that has ended", async () => {
    await release();
    write({});
    assert.ok(await take({ maxWaitMs: 0 }));
  });

  it("is held by a process of another place for as long as it shows life, whatever its id is here", async () => {
    await release();
    write({ place: "another container" });
    await assert.rejects(take({ maxWaitMs: 300, deadAfterMs: 60_000 }), LockedError);
    assert.ok(await take({ deadAfterMs: 100 }));
  });

  it("is not taken from a holder that is alive, by the time of a file that is long past", async () => {
    const first = await take();
    assert.ok(first);
    await assert.rejects(take({ maxWaitMs: 2500, deadAfterMs: 2000 }), LockedError);
    first();
  });

  it("is nobody's where its file was cut short, and nothing touches it", async () => {
    await release();
    writeFileSync(path, "");
    assert.ok(await take({ deadAfterMs: 100 }));
  });

  it("is taken from a dead process by one of many", async () => {
    await release();
    write({});
    let holders = 0;
    let most = 0;
    const use = async () => {
      const release = await take();
      most = Math.max(most, ++holders);
      await new Promise((resolve) => setTimeout(resolve, 20));
      holders--;
      release?.();
    };
    await Promise.all(Array.from({ length: 8 }, use));
    assert.equal(most, 1);
  });

  it("is no more than a wish where its file cannot be written", async () => {
    writeFileSync(join(folder, "locks"), "no folder");
    assert.equal(await take(), undefined);
  });

  it("ends the wait if it is cancelled", async () => {
    await take();
    const cancel = new AbortController();
    const waiting = take({
      signal: cancel.signal,
      onWait: () => {
        cancel.abort();
      },
    });
    await assert.rejects(waiting, /it was cancelled/);
  });

  it("is released by a process that is ended by a signal", async () => {
    const file = join(__dirname, "../../../provider/system/fileLock.ts");
    const script = `
      require("ts-node/register/transpile-only");
      const { takeLock } = require(${JSON.stringify(file)});
      const signal = new AbortController().signal;
      takeLock(${JSON.stringify(path)}, { purpose: "p", signal, maxWaitMs: 0, onWait() {} }).then(() => {
        console.log("held");
        setInterval(() => {}, 1000);
      });
    `;
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    const ended = once(child, "close");
    child.kill("SIGTERM");
    await ended;
    assert.deepEqual(readdirSync(join(folder, "locks")), []);
  });
});
