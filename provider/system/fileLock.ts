import { randomUUID } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { onExit } from "signal-exit";
import * as z from "zod";
import { pause } from "./pause";
import { isRunning } from "./process";
import { processPlace } from "./processPlace";

/** Who holds a lock. It is read by other processes, perhaps of another release. */
const ownerSchema = z.object({
  /** Tells it from every other. */
  id: z.string(),
  pid: z.number(),
  place: z.string(),
  /** For a person. */
  description: z.string(),
});
type Owner = z.output<typeof ownerSchema>;

export interface LockOptions {
  /** What the holder does, for whoever waits for it. */
  purpose: string;
  /** Ends the wait. */
  signal: AbortSignal;
  /** How long to wait, in milliseconds. */
  maxWaitMs: number;
  /** Called once if there is something to wait for, with who holds the lock. */
  onWait: (holder: string) => void;
  /** How soon a holder that shows no life counts as dead, in milliseconds. */
  deadAfterMs?: number;
}

/** The lock was not free in time. */
export class LockedError extends Error {
  override readonly name = "LockedError";

  constructor(readonly holder: string) {
    super(`it is held by ${holder}`);
  }
}

/** How often a holder shows that it lives, and how often the others look, in milliseconds. */
const heartbeatMs = 1000;
const lookMs = 200;
const defaultDeadAfterMs = 10_000;

/** What this process holds. */
const held = new Map<string, string>();
onExit(() => {
  for (const [path, text] of held) removeOwn(path, text);
});

/**
 * Takes a lock that is a file, so that processes keep each other out.
 *
 * A holder that has died holds it no longer: at once, if its process id means something here, and
 * otherwise if the file was not touched while this process watched it. No two clocks are compared,
 * since the file may be on another machine's disk.
 *
 * @returns what releases it. Undefined if the file cannot be written or read: there is no lock then.
 * @throws LockedError if somebody else holds it for too long; Error if the signal aborts.
 */
export async function takeLock(
  path: string,
  { purpose, signal, maxWaitMs, onWait, deadAfterMs = defaultDeadAfterMs }: LockOptions,
): Promise<(() => void) | undefined> {
  const description = `${purpose} (process ${process.pid} on ${hostname()})`;
  const owner: Owner = { id: randomUUID(), pid: process.pid, place: processPlace(), description };
  const text = JSON.stringify(owner);
  const end = performance.now() + maxWaitMs;
  const watch = new Watch(deadAfterMs);
  let isReported = false;
  for (;;) {
    const outcome = await create(path, text);
    if (outcome === "created") return keep(path, text);
    if (outcome === "unwritable") return undefined;
    const present = await look(path);
    // Another user's.
    if (present === "unreadable") return undefined;
    // One that is gone may also be a link to nothing, for ever.
    let holder = "another process";
    if (present !== "gone") {
      if (watch.isDead(present)) {
        await breakLock(path, present.text);
        continue;
      }
      holder = ownerOf(present.text)?.description ?? holder;
      if (!isReported) onWait(holder);
      isReported = true;
    }
    if (performance.now() > end) throw new LockedError(holder);
    await pause(lookMs, signal);
  }
}

interface Present {
  text: string;
  touched: number;
}

/** Decides whether a holder lives. */
class Watch {
  #last: { text: string; touched: number; since: number } | undefined;

  constructor(private readonly deadAfterMs: number) {}

  isDead({ text, touched }: Present): boolean {
    const owner = ownerOf(text);
    if (owner?.place === processPlace() && !isRunning(owner.pid)) return true;
    const now = performance.now();
    if (this.#last?.text !== text || this.#last.touched !== touched) {
      this.#last = { text, touched, since: now };
    }
    return now - this.#last.since > this.deadAfterMs;
  }
}

async function create(path: string, text: string): Promise<"created" | "held" | "unwritable"> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, text, { flag: "wx", mode: 0o600 });
    return "created";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EEXIST" ? "held" : "unwritable";
  }
}

function keep(path: string, text: string): () => void {
  held.set(path, text);
  const heartbeat = setInterval(() => {
    const now = new Date();
    void utimes(path, now, now).catch(() => undefined);
  }, heartbeatMs).unref();
  return () => {
    clearInterval(heartbeat);
    held.delete(path);
    removeOwn(path, text);
  };
}

function removeOwn(path: string, text: string): void {
  try {
    // It may have been taken away, from a process that was stopped for a while.
    if (readFileSync(path, "utf8") === text) rmSync(path, { force: true });
  } catch {
    // It is gone.
  }
}

async function look(path: string): Promise<Present | "gone" | "unreadable"> {
  try {
    return { text: await readFile(path, "utf8"), touched: (await stat(path)).mtimeMs };
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "gone" : "unreadable";
  }
}

/** Removes the lock of a dead process, and gives back that of another which came to it first. */
async function breakLock(path: string, text: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const found = await readFile(aside, "utf8").catch(() => text);
  if (found !== text) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true }).catch(() => undefined);
}

function ownerOf(text: string): Owner | undefined {
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    // It is just being written.
    return undefined;
  }
}
