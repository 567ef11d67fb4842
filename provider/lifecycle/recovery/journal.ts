import { createHash, randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onExit } from "signal-exit";
import * as z from "zod";
import { hasEnded, isRunning } from "../../system/process";
import type { Session } from "../session";
import { fingerprint } from "../inputs/fingerprint";
import type { DeployInputs } from "../inputs/table";
import type { Progress } from "../outputs";

/**
 * An entry on this machine for a deploy that is being created.
 *
 * The engine learns of a deploy when `create` ends. If the engine or this process is killed before,
 * its state knows nothing of the deploy, and the service has no idempotency key to find it by: the
 * entry lets the next `pulumi up` on the same machine resume it. It holds no secret, and is removed
 * once the engine knows the deploy.
 */
export interface JournalEntry {
  /** The process that works on it. */
  pid: number;
  /** Tells it from another one that had the same id: in containers, ids come again. */
  run?: string | undefined;
  /** The address of the engine that it works for. */
  engine?: string | undefined;
  /** When the POST was sent, by the service's clock. */
  startedAt: string;
  /** Who sent it, as far as the API token says; the next run may have another token. */
  sender?: string | undefined;
  deployId?: string | undefined;
  progress?: Progress | undefined;
}

const entrySchema = z.object({
  pid: z.number(),
  run: z.string().optional(),
  engine: z.string().optional(),
  startedAt: z.string(),
  sender: z.string().optional(),
  deployId: z.string().optional(),
  progress: z.custom<Progress>((value) => typeof value === "object" && value !== null).optional(),
});

const thisRun = randomUUID();

/** How long the engine is given to write its state, in milliseconds. */
const releaseDelayMs = 2000;

/** What removes each entry that waits for the engine. */
const pendingReleases = new Set<() => void>();

// The engine ends its providers by a signal, when it has ended in good order itself.
onExit((_code, signal) => {
  if (signal !== null) for (const removeEntry of pendingReleases) removeEntry();
});

/** How long to wait for a process whose engine was killed to end as well, in milliseconds. */
const orphanMs = { pause: 200, most: 10_000 };

/** The entry of one resource and its inputs: created again for the same, it is the same entry. */
export class Journal {
  readonly #folder: string;
  readonly #file: string;
  readonly #engine: string | undefined;

  constructor(session: Session, inputs: DeployInputs) {
    const { settings, engine, declarations } = session;
    const { stack, name } = declarations.of(inputs);
    this.#engine = engine?.address;
    const key = createHash("sha256")
      .update(JSON.stringify([settings.baseUrl, stack, name, fingerprint(inputs)]))
      .digest("hex")
      .slice(0, 32);
    this.#folder = folderOf(session);
    this.#file = join(this.#folder, `${key}.json`);
  }

  /** What an interrupted process left. Undefined if the process that wrote it still runs. */
  async read(): Promise<JournalEntry | undefined> {
    const deadline = Date.now() + orphanMs.most;
    let entry = readEntry(this.#file);
    while (entry && ownerMayBeAlive(entry)) {
      const isOrphan = entry.engine !== undefined && (await hasEnded(entry.engine));
      if (!isOrphan) return undefined;
      // It has had its time to end: its id is another process's now.
      if (Date.now() > deadline) return entry;
      await sleep(orphanMs.pause);
      entry = readEntry(this.#file);
    }
    return entry;
  }

  /** Best effort: a machine whose home cannot be written to deploys all the same. */
  async write(entry: Omit<JournalEntry, "pid" | "run" | "engine">): Promise<void> {
    const draft = `${this.#file}.${process.pid}`;
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const whole: JournalEntry = {
        pid: process.pid,
        run: thisRun,
        engine: this.#engine,
        ...entry,
      };
      await writeFile(draft, JSON.stringify(whole), { mode: 0o600 });
      await rename(draft, this.#file);
    } catch {
      await rm(draft, { force: true }).catch(() => undefined);
    }
  }

  async remove(): Promise<void> {
    await rm(this.#file, { force: true }).catch(() => undefined);
  }

  /**
   * Removes the entry once the engine has had time to write the deploy into its state: if it is
   * killed meanwhile, the entry stays. Does not wait for that.
   */
  async release(deployId: string): Promise<void> {
    const engine = this.#engine;
    if (engine === undefined) return this.remove();
    const removeEntry = () => {
      pendingReleases.delete(removeEntry);
      // The same inputs may have made another deploy meanwhile.
      if (readEntry(this.#file)?.deployId === deployId) rmSync(this.#file, { force: true });
    };
    pendingReleases.add(removeEntry);
    setTimeout(() => {
      void hasEnded(engine).then((ended) => {
        if (!ended) removeEntry();
      });
    }, releaseDelayMs).unref();
  }
}

/** Removes what is noted of a deploy that the state is seen to hold to its end. */
export function removeEntriesOf(session: Session, deployId: string): void {
  const folder = folderOf(session);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if (readEntry(file)?.deployId === deployId) rmSync(file, { force: true });
  }
}

function folderOf({ home }: Pick<Session, "home">): string {
  return join(home, "astro-deploy");
}

function readEntry(file: string): JournalEntry | undefined {
  try {
    return entrySchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    // There is none, or it was cut short, which says no more than that there was one.
    return undefined;
  }
}

function ownerMayBeAlive({ pid, run }: JournalEntry): boolean {
  return pid === process.pid ? run === thisRun : isRunning(pid);
}
