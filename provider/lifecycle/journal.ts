import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { hasEnded } from "../engine";
import { isRunning } from "../process";
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
 * secret, and is removed as soon as the engine knows.
 */
export interface Note {
  /** The process that works on it. */
  pid: number;
  /** The address of the engine that it works for. */
  engine?: string | undefined;
  /** When the POST was sent, by the service's clock. */
  startedAt: string;
  deployId?: string | undefined;
  progress?: Progress | undefined;
}

const noteSchema = z.object({
  pid: z.number(),
  engine: z.string().optional(),
  startedAt: z.string(),
  deployId: z.string().optional(),
  progress: z.custom<Progress>((value) => typeof value === "object" && value !== null).optional(),
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
    const home = process.env.PULUMI_HOME ?? join(homedir(), ".pulumi");
    this.#file = join(home, "astro-deploy", `${key}.json`);
  }

  /** What an interrupted process left. Nothing where the process that wrote it still runs. */
  async read(): Promise<Note | undefined> {
    const deadline = Date.now() + orphanMs.most;
    let note = await this.#parse();
    while (note && isRunning(note.pid)) {
      const isOrphan = note.engine !== undefined && (await hasEnded(note.engine));
      if (!isOrphan || Date.now() > deadline) return undefined;
      await sleep(orphanMs.pause);
      note = await this.#parse();
    }
    return note;
  }

  async #parse(): Promise<Note | undefined> {
    const text = await readFile(this.#file, "utf8").catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      return noteSchema.parse(JSON.parse(text));
    } catch {
      // A note that was cut short says no more than that there was one.
      return undefined;
    }
  }

  /** Best effort: a machine whose home cannot be written to deploys all the same. */
  async write(note: Omit<Note, "pid" | "engine">): Promise<void> {
    const draft = `${this.#file}.${process.pid}`;
    try {
      await mkdir(join(this.#file, ".."), { recursive: true, mode: 0o700 });
      await writeFile(draft, JSON.stringify({ pid: process.pid, engine: this.#engine, ...note }), {
        mode: 0o600,
      });
      await rename(draft, this.#file);
    } catch {
      await rm(draft, { force: true }).catch(() => undefined);
    }
  }

  async remove(): Promise<void> {
    await rm(this.#file, { force: true }).catch(() => undefined);
  }
}
