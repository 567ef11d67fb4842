import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { LockedError, takeLock, type LockOptions } from "../../../provider/system/fileLock";
import { root } from "../../helpers/project";
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
  /** Comes back when it waits, with who holds the lock. */
  const taking = () =>
    new Promise<[ReturnType<typeof take>, holder: string]>((resolve) => {
      const waiting = take({
        onWait: (holder) => {
          resolve([waiting, holder]);
        },
      });
    });
  /** A process that has ended, so that no other has its id yet. */
  const deadPid = () => spawnSync(process.execPath, ["-e", ""]).pid;
  /** The lowest number. */
  const ticket = () => `${path}.000000000001.of-another`;
  const write = (owner: object) => {
    const whole = { pid: deadPid(), place: processPlace(), description: "d", ...owner };
    writeFileSync(ticket(), JSON.stringify(whole));
  };
  const release = async () => {
    (await take())?.();
  };

  it("keeps the next one out until it is released, and says who holds it", async () => {
    const first = await take();
    assert.ok(first);
    const [waiting, holder] = await taking();
    await assert.rejects(take({ maxWaitMs: 0 }), LockedError);
    assert.match(holder, /^the stack project\/dev \(process \d+ on /);
    first();
    const second = await waiting;
    assert.ok(second);
    const [file = ""] = readdirSync(join(folder, "locks"));
    assert.match(
      readFileSync(join(folder, "locks", file), "utf8"),
      new RegExp(`"pid":${process.pid},`),
    );
    second();
    assert.deepEqual(readdirSync(join(folder, "locks")), []);
  });

  it("is not kept from anybody by a file that is no ticket", async () => {
    await release();
    writeFileSync(`${path}.9f2a8d3e-of-a-synchronized-folder`, "");
    writeFileSync(`${path}.999999999999 (1)`, "");
    assert.ok(await take({ maxWaitMs: 0 }));
  });

  it("is waited for where a ticket cannot be read, for as long as that shows life", async () => {
    await release();
    mkdirSync(ticket());
    await assert.rejects(take({ maxWaitMs: 0 }), LockedError);
    assert.ok(await take({ deadAfterMs: 300 }));
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
    writeFileSync(ticket(), "");
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

  it("comes to those who wait in their order, also if its holder wants it again at once", async () => {
    const first = await take();
    assert.ok(first);
    const [waiting] = await taking();
    const order: string[] = [];
    const use = async (name: string, taken: ReturnType<typeof take>) => {
      const release = await taken;
      order.push(name);
      release?.();
    };
    first();
    await Promise.all([use("its holder, again", take()), use("who waited", waiting)]);
    assert.deepEqual(order, ["who waited", "its holder, again"]);
  });

  it("is taken again by a process whose ticket was taken away", async () => {
    const first = await take();
    const waiting = take({
      onWait: () => {
        const [, second = ""] = readdirSync(join(folder, "locks")).sort();
        rmSync(join(folder, "locks", second));
        first?.();
      },
    });
    (await waiting)?.();
    assert.deepEqual(readdirSync(join(folder, "locks")), []);
  });

  /** Starts a program that has a function `take`. */
  const start = (text: string) => {
    const lock = join(folder, "fileLock.js");
    const source = join(root, "provider/system/fileLock.ts");
    // Once: a program that was started before may be reading it.
    if (!existsSync(lock)) {
      buildSync({ entryPoints: [source], outfile: lock, bundle: true, platform: "node" });
    }
    const program = `
      const { takeLock } = require(${JSON.stringify(lock)});
      const signal = new AbortController().signal;
      const path = ${JSON.stringify(path)};
      const take = (purpose) => takeLock(path, { purpose, signal, maxWaitMs: 300_000, onWait() {} });
      ${text}
    `;
    return spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  };

  it("has one holder at a time, where each of many in three processes dies with it", async () => {
    const dies = `
      const fs = require("node:fs");
      const folder = require("node:path").dirname(path);
      async function holdAndDie(purpose) {
        await take(purpose);
        // Whoever holds it at the same time finds this.
        fs.writeFileSync(path + "-held", "", { flag: "wx" });
        await new Promise((resolve) => setTimeout(resolve, 2));
        fs.rmSync(path + "-held");
        // From now on its owner is a process that has ended.
        for (const name of fs.readdirSync(folder).filter((name) => !name.endsWith("-held"))) {
          try {
            const owner = JSON.parse(fs.readFileSync(folder + "/" + name, "utf8"));
            if (!owner.description.startsWith(purpose + " ")) continue;
            fs.writeFileSync(folder + "/" + name, JSON.stringify({ ...owner, pid: ${deadPid()} }));
          } catch {}
        }
      }
      Promise.all([...Array(8).keys()].map(async (taker) => {
        for (let round = 0; round < 2; round++) await holdAndDie([process.pid, taker, round].join("-"));
      })).then(() => process.exit(0), (error) => { console.log(String(error)); process.exit(1); });
    `;
    const children = Array.from({ length: 3 }, () => start(dies));
    try {
      const ended = async (child: (typeof children)[number]) => {
        let said = "";
        child.stdout.on("data", (text: Buffer) => (said += text.toString()));
        const [code] = (await once(child, "close")) as unknown[];
        assert.equal(code, 0, said);
      };
      await Promise.all(children.map(ended));
    } finally {
      for (const child of children) child.kill("SIGKILL");
    }
  });

  it("is released by a process that is ended by a signal", async () => {
    const child = start(
      'take().then(() => { console.log("held"); setInterval(() => {}, 1000); });',
    );
    await once(child.stdout, "data");
    const ended = once(child, "close");
    child.kill("SIGTERM");
    await ended;
    assert.deepEqual(readdirSync(join(folder, "locks")), []);
  });
});
