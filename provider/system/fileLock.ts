import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { onExit } from "signal-exit";
import * as z from "zod";
import { pause } from "./pause";
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

/** The tickets of this process. */
const kept = new Set<string>();
onExit(() => {
  for (const file of kept) rmSync(file, { force: true });
});

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
      const drawn = await ticketsOf(path);
      // It is gone if this process was stopped for so long that another took it for dead.
      if (own === undefined || !drawn.includes(own.file)) {
        own?.giveBack();
        own = await draw(path, JSON.stringify(owner));
        continue;
      }
      const holder = await firstAlive(drawn.slice(0, drawn.indexOf(own.file)), watch);
      if (holder === undefined) return own.giveBack;
      if (!isReported) onWait(holder);
      isReported = true;
      if (performance.now() > end) throw new LockedError(holder);
      await pause(lookMs, signal);
    }
  } catch (error) {
    own?.giveBack();
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    // The folder cannot be written, or a ticket is another user's.
    return undefined;
  }
}

interface Ticket {
  file: string;
  giveBack: () => void;
}

/** The tickets that are drawn, the lowest first. */
async function ticketsOf(path: string): Promise<string[]> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = await readdir(folder);
  const start = `${basename(path)}.`;
  return names
    .filter((name) => name.startsWith(start))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * Draws a ticket with a higher number than all others.
 *
 * Whoever draws a higher one from then on finds this one and waits for it. One that drew a higher one
 * in between may not have found it, and may hold the lock already: then this one is drawn again.
 */
async function draw(path: string, text: string): Promise<Ticket> {
  for (;;) {
    const last = (await ticketsOf(path)).at(-1) ?? "";
    const number = Number.parseInt(last.slice(path.length + 1), 10) || 0;
    const file = `${path}.${String(number + 1).padStart(12, "0")}.${randomUUID()}`;
    await writeFile(file, text, { flag: "wx", mode: 0o600 });
    const ticket = { file, giveBack: keep(file) };
    if ((await ticketsOf(path)).at(-1) === file) return ticket;
    ticket.giveBack();
  }
}

function keep(file: string): () => void {
  kept.add(file);
  const heartbeat = setInterval(() => {
    const now = new Date();
    void utimes(file, now, now).catch(() => undefined);
  }, heartbeatMs).unref();
  return () => {
    clearInterval(heartbeat);
    kept.delete(file);
    try {
      rmSync(file, { force: true });
    } catch {
      // The folder cannot be written any more.
    }
  };
}

/** Who is alive and comes first. Removes the tickets of the dead. */
async function firstAlive(files: readonly string[], watch: Watch): Promise<string | undefined> {
  let first: string | undefined;
  for (const file of files) {
    const present = await look(file);
    if (present === undefined) continue;
    const owner = ownerOf(present.text);
    if (watch.isDead(file, owner, present.touched)) await rm(file, { force: true });
    else first ??= owner?.description ?? "another process";
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
    return { text: await readFile(file, "utf8"), touched: (await stat(file)).mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
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
