import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { onExit } from "signal-exit";
import * as z from "zod";
import { AbortedError, pause } from "./pause";
import { isRunning } from "./process";
import { processPlace } from "./processPlace";

/** Who has a ticket. It is read by other processes, perhaps of another release. */
const ownerSchema = z.object({
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

/** How often who has a ticket shows that it lives, and how often the others look, in milliseconds. */
const heartbeatMs = 1000;
const lookMs = 200;
const defaultDeadAfterMs = 10_000;

/** What gives back the tickets of this process. */
const kept = new Set<() => void>();
onExit(() => {
  for (const giveBack of kept) giveBack();
});

/** Who holds the lock, if that is all that is known. */
const somebody = "another process";

/**
 * Takes a lock that is kept in files, so that processes keep each other out.
 *
 * Each who wants it draws a ticket, a file with the next number in its name, and the lowest number
 * holds the lock: they come in the order in which they asked. Since no two tickets have one name, the
 * ticket of a dead process can be removed by anyone, and no other is removed in its place.
 *
 * A process that has died is out at once, if its process id means something here, and otherwise if
 * its ticket was not touched while this process watched it. No two clocks are compared, since the
 * files may be on another machine's disk.
 *
 * @param path - What the names of the tickets begin with.
 * @returns what releases it. Undefined if files cannot be written or read there: there is no lock then.
 * @throws LockedError if somebody else holds it for too long; Error if the signal aborts.
 */
export async function takeLock(
  path: string,
  { purpose, signal, maxWaitMs, onWait, deadAfterMs = defaultDeadAfterMs }: LockOptions,
): Promise<(() => void) | undefined> {
  const description = `${purpose} (process ${process.pid} on ${hostname()})`;
  const owner: Owner = { pid: process.pid, place: processPlace(), description };
  const end = performance.now() + maxWaitMs;
  const watch = new Watch(deadAfterMs);
  let isReported = false;
  let own: Ticket | undefined;
  try {
    for (;;) {
      own ??= await draw(path, JSON.stringify(owner), signal);
      // Nobody's tickets can be seen for the moment: too many open files, for example.
      const drawn = await ticketsOf(path).catch(() => undefined);
      // It is gone if this process was stopped for so long that another took it for dead.
      if (drawn && !drawn.includes(own.file)) {
        own.giveBack();
        own = undefined;
        continue;
      }
      const holder = drawn
        ? await firstAlive(drawn.slice(0, drawn.indexOf(own.file)), watch)
        : somebody;
      if (holder === undefined) return own.giveBack;
      if (!isReported) onWait(holder);
      isReported = true;
      if (performance.now() > end) throw new LockedError(holder);
      await pause(lookMs, signal);
    }
  } catch (error) {
    own?.giveBack();
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    // The folder cannot be written or listed.
    return undefined;
  }
}

interface Ticket {
  file: string;
  giveBack: () => void;
}

const ticketName = /^\d{12}\./;

/** The tickets that are drawn, the lowest first; no other file that somebody has put there. */
async function ticketsOf(path: string): Promise<string[]> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = await readdir(folder);
  const start = `${basename(path)}.`;
  return names
    .filter((name) => name.startsWith(start) && ticketName.test(name.slice(start.length)))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * Draws a ticket with a higher number than all others.
 *
 * Whoever draws a higher one from then on finds this one and waits for it. One that drew a higher one
 * in between may not have found it, and may hold the lock already: then this one is drawn again.
 */
async function draw(path: string, text: string, signal: AbortSignal): Promise<Ticket> {
  for (;;) {
    if (signal.aborted) throw new AbortedError(signal);
    const last = (await ticketsOf(path)).at(-1) ?? "";
    const number = Number.parseInt(last.slice(path.length + 1), 10) || 0;
    const file = `${path}.${String(number + 1).padStart(12, "0")}.${randomUUID()}`;
    const giveBack = keep(file);
    try {
      await writeFile(file, text, { flag: "wx", mode: 0o600 });
      if ((await ticketsOf(path)).at(-1) === file) return { file, giveBack };
    } catch (error) {
      giveBack();
      throw error;
    }
    giveBack();
  }
}

function keep(file: string): () => void {
  const heartbeat = setInterval(() => {
    const now = new Date();
    void utimes(file, now, now).catch(() => undefined);
  }, heartbeatMs).unref();
  const giveBack = () => {
    clearInterval(heartbeat);
    kept.delete(giveBack);
    try {
      rmSync(file, { force: true });
    } catch {
      // The folder cannot be written any more.
    }
  };
  kept.add(giveBack);
  return giveBack;
}

/** Who is alive and comes first. Removes the tickets of the dead. */
async function firstAlive(files: readonly string[], watch: Watch): Promise<string | undefined> {
  let first: string | undefined;
  for (const file of files) {
    const present = await look(file);
    if (present === undefined) continue;
    const owner = ownerOf(present.text);
    if (watch.isDead(file, owner, present.touched)) {
      await rm(file, { force: true }).catch(() => undefined);
    } else first ??= owner?.description ?? somebody;
  }
  return first;
}

/** Decides whether who has a ticket lives. */
class Watch {
  readonly #last = new Map<string, { touched: number; since: number }>();

  constructor(private readonly deadAfterMs: number) {}

  isDead(file: string, owner: Owner | undefined, touched: number): boolean {
    if (owner?.place === processPlace() && !isRunning(owner.pid)) return true;
    const now = performance.now();
    const last = this.#last.get(file);
    if (last?.touched !== touched) this.#last.set(file, { touched, since: now });
    return last?.touched === touched && now - last.since > this.deadAfterMs;
  }
}

/** Undefined if it is gone. */
async function look(file: string): Promise<{ text: string; touched: number } | undefined> {
  try {
    const { mtimeMs: touched } = await stat(file);
    // Another user's cannot be read, but be seen to be touched.
    return { text: await readFile(file, "utf8").catch(() => ""), touched };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    // What cannot be seen for the moment is never taken for dead: NaN equals nothing.
    return { text: "", touched: NaN };
  }
}

function ownerOf(text: string): Owner | undefined {
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    // It is just being written.
    return undefined;
  }
}
