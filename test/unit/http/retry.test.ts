import assert from "node:assert/strict";
import {
  backoffMs,
  readRetryAfter,
  retry,
  retryPolicy,
  type RetryOptions,
  type RetryDecision,
} from "../../../provider/http/retry";

describe("retry", () => {
  const temporary = (): RetryDecision => ({ retry: true });
  let pauses: number[];
  const sleep = (ms: number) => {
    pauses.push(ms);
    return Promise.resolve();
  };
  beforeEach(() => {
    pauses = [];
  });

  /** Fails so many times, with the attempt's number as the message, then succeeds. */
  const failing = (times: number) => (n: number) =>
    n > times ? Promise.resolve(n) : Promise.reject(new Error(String(n)));
  const run = (times: number, options: Partial<RetryOptions> = {}) =>
    retry(failing(times), { classify: temporary, sleep, random: () => 1, ...options });

  it("returns what succeeds, at once", async () => {
    assert.equal(await run(0), 1);
    assert.deepEqual(pauses, []);
  });

  it("repeats what fails, with pauses that may last twice as long each time", async () => {
    assert.equal(await run(4), 5);
    assert.deepEqual(pauses, [800, 1600, 3200, 6400]);
  });

  it("throws the last failure when the attempts are used up", async () => {
    await assert.rejects(run(5), { message: "5" });
    await assert.rejects(run(9, { attempts: 2 }), { message: "2" });
    await assert.rejects(run(9, { attempts: 1 }), { message: "1" });
  });

  it("does not repeat what will not pass", async () => {
    await assert.rejects(run(9, { classify: () => ({ retry: false }) }), { message: "1" });
    assert.deepEqual(pauses, []);
  });

  it("asks for a verdict on each failure", async () => {
    const seen: unknown[] = [];
    const classify = (error: unknown) => {
      seen.push((error as Error).message);
      return { retry: seen.length < 3 };
    };
    await assert.rejects(run(9, { classify }), { message: "3" });
    assert.deepEqual(seen, ["1", "2", "3"]);
  });

  it("waits as long as the server asks, and some more", async () => {
    await run(1, { classify: () => ({ retry: true, afterMs: 5000 }), random: () => 0.5 });
    assert.deepEqual(pauses, [5400]);
  });

  it("gives up at once where the server asks for longer than the policy allows", async () => {
    const classify = (afterMs: number) => () => ({ retry: true, afterMs });
    const { maxRetryAfterMs } = retryPolicy;
    assert.equal(await run(1, { classify: classify(maxRetryAfterMs) }), 2);
    pauses = [];
    await assert.rejects(run(1, { classify: classify(maxRetryAfterMs + 1) }), { message: "1" });
    assert.deepEqual(pauses, []);
  });

  it("ends with the last failure when the signal aborts in a pause", async () => {
    const controller = new AbortController();
    setTimeout(() => {
      controller.abort();
    }, 10);
    const forever = retry(failing(9), {
      classify: () => ({ retry: true, afterMs: 60_000 }),
      signal: controller.signal,
    });
    await assert.rejects(forever, { message: "1" });
  });

  it("begins no attempt after the signal has aborted", async () => {
    const controller = new AbortController();
    const attempts: number[] = [];
    const attempt = (n: number) => {
      attempts.push(n);
      controller.abort();
      return Promise.reject(new Error("x"));
    };
    const { signal } = controller;
    await assert.rejects(retry(attempt, { classify: temporary, sleep, signal }));
    assert.deepEqual(attempts, [1]);
  });
});

describe("backoffMs", () => {
  it("is anything up to a limit that doubles and then stays", () => {
    const longest = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map((n) => backoffMs(n, undefined, () => 1));
    assert.deepEqual(longest, [800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 30_000]);
    assert.equal(
      backoffMs(3, undefined, () => 0),
      0,
    );
    assert.equal(
      backoffMs(3, undefined, () => 0.25),
      800,
    );
  });

  it("spreads clients after the time that the server asks for", () => {
    assert.equal(
      backoffMs(4, 2000, () => 0),
      2000,
    );
    assert.equal(
      backoffMs(4, 2000, () => 1),
      2800,
    );
    assert.equal(
      backoffMs(4, 0, () => 0.5),
      400,
    );
  });
});

describe("readRetryAfter", () => {
  const read = (value: string | undefined) =>
    readRetryAfter((name) => (name === "date" ? "Tue, 03 Feb 2026 04:05:06 GMT" : value));

  const valid: [string, number][] = [
    ["0", 0],
    ["120", 120_000],
    [" 7 ", 7000],
    ["Tue, 03 Feb 2026 04:05:36 GMT", 30_000],
    ["Tuesday, 03-Feb-26 04:05:36 GMT", 30_000],
    ["Tue Feb  3 04:05:36 2026", 30_000],
    ["Tue, 03 Feb 2026 04:00:00 GMT", 0],
  ];
  for (const [value, expected] of valid) {
    it(`reads ${JSON.stringify(value)}`, () => {
      assert.equal(read(value), expected);
    });
  }

  for (const value of [undefined, "", " ", "-1", "1.5", "1e3", "soon", "2026-02-03", "Tue, x"]) {
    it(`takes no notice of ${JSON.stringify(value)}`, () => {
      assert.equal(read(value), undefined);
    });
  }

  it("counts a date from now where the answer has none", () => {
    const inAMinute = new Date(Date.now() + 60_000).toUTCString();
    const ms = readRetryAfter((name) => (name === "date" ? undefined : inAMinute));
    // A date has whole seconds.
    assert.ok(ms !== undefined && ms > 50_000 && ms <= 60_000, String(ms));
  });
});
