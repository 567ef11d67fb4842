import { createHash, randomUUID } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onExit } from "signal-exit";
import { z } from "zod";
import { hasEnded } from "../engine";
import { environmentVariable, isRunning } from "../process";
import type { Context } from "./context";
import { fingerprint } from "./fingerprint";
import type { DeployInputs } from "./inputs";
import type { Progress } from "./outputs";

/**
 * A note on this machine of a deploy that is being created.
 *
 * The engine learns of a deploy when `create` ends. Where the engine or this process is killed
 * before, its state knows nothing of the deploy, and the service has no idempotency key to find it
 * by: this note is what lets the next `pulumi up` on the same machine go on with it. It holds no
 * secret, and is removed once the engine knows.
 */
export interface Note {
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

const noteSchema = z.object({
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
const handOverMs = 2000;

/** What is to be done for each note that is being handed over. */
const handing = new Set<() => void>();

// The engine ends its providers by a signal, when it has ended in good order itself.
onExit((_code, signal) => {
  if (signal !== null) for (const handed of handing) handed();
});

/** How long to wait for a process whose engine was killed to end as well, in milliseconds. */
const orphanMs = { pause: 200, most: 10_000 };

/** The note of one request: made anew for the same inputs, it is the same note. */
export class Journal {
  readonly #file: string;
  readonly #engine: string | undefined;

  constructor({ settings: { baseUrl }, engine }: Context, inputs: DeployInputs) {
    this.#engine = engine?.address;
    const key = createHash("sha256")
      .update(JSON.stringify([baseUrl, fingerprint(inputs)]))
      .digest("hex")
      .slice(0, 32);
    const home = environmentVariable("PULUMI_HOME") ?? join(homedir(), ".pulumi");
    this.#file = join(home, "astro-deploy", `${key}.json`);
  }

  /** What an interrupted process left. Nothing where the process that wrote it still runs. */
  async read(): Promise<Note | undefined> {
    const deadline = Date.now() + orphanMs.most;
    let note = readNote(this.#file);
    while (note && mayRun(note)) {
      const isOrphan = note.engine !== undefined && (await hasEnded(note.engine));
      if (!isOrphan) return undefined;
      // It has had its time to end: its id is another process's now.
      if (Date.now() > deadline) return note;
      await sleep(orphanMs.pause);
      note = readNote(this.#file);
    }
    return note;
  }

  /** Best effort: a machine whose home cannot be written to deploys all the same. */
  async write(note: Omit<Note, "pid" | "run" | "engine">): Promise<void> {
    const draft = `${this.#file}.${process.pid}`;
    try {
      await mkdir(join(this.#file, ".."), { recursive: true, mode: 0o700 });
      const whole: Note = { pid: process.pid, run: thisRun, engine: this.#engine, ...note };
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
   * Removes the note once the engine has had time to write the deploy into its state: where it is
   * killed meanwhile, the note stays. Does not wait for that.
   */
  async handOver(deployId: string): Promise<void> {
    const engine = this.#engine;
    if (engine === undefined) return this.remove();
    const handed = () => {
      handing.delete(handed);
      // The same inputs may have made another deploy meanwhile.
      if (readNote(this.#file)?.deployId === deployId) rmSync(this.#file, { force: true });
    };
    handing.add(handed);
    setTimeout(() => {
      void hasEnded(engine).then((ended) => {
        if (!ended) handed();
      });
    }, handOverMs).unref();
  }
}

function readNote(file: string): Note | undefined {
  try {
    return noteSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    // There is none, or it was cut short, which says no more than that there was one.
    return undefined;
  }
}

function mayRun({ pid, run }: Note): boolean {
  return pid === process.pid ? run === thisRun : isRunning(pid);
}
