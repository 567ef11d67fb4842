import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import type { BlobState } from "../blob/versions";
import type { DeploymentRecord, DeployRecord, Running } from "./records";

/** All that outlives a restart, except the bytes of the uploads. */
export interface SavedState {
  organizationId: string;
  /** The made-up API token. The file is readable by its owner only. */
  token: string;
  /** Signs upload URLs, so that those handed out before a restart still work. */
  signingKey: string;
  deployments: DeploymentRecord[];
  deploys: DeployRecord[];
  blobs: BlobState;
}

/** Keeps the state in `<dir>/state.json`, replaced as a whole so that a crash leaves it readable. */
export class StateFile {
  readonly #file: string;
  #writing: Promise<void> = Promise.resolve();
  #waiting: Promise<void> | undefined;

  constructor(private readonly dir: string) {
    this.#file = join(dir, "state.json");
  }

  async load(): Promise<SavedState | undefined> {
    await mkdir(this.dir, { recursive: true });
    let text: string;
    try {
      text = await readFile(this.#file, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
    const saved = JSON.parse(text) as SavedState;
    // Files of 0.1.0 and earlier lack the one, and call the other so.
    for (const deployment of saved.deployments) {
      (deployment as Partial<DeploymentRecord>).internal ??= {};
    }
    for (const { internal } of saved.deploys) {
      internal.snapshot ??= (internal as { leaves?: Running }).leaves;
    }
    return saved;
  }

  /** Resolves when a state at least as new as the present one is on disk. */
  save(state: () => SavedState): Promise<void> {
    this.#waiting ??= this.#writing
      .catch(() => undefined)
      .then(() => {
        this.#waiting = undefined;
        this.#writing = this.#write(JSON.stringify(state()));
        return this.#writing;
      });
    return this.#waiting;
  }

  async #write(text: string): Promise<void> {
    const temporary = `${this.#file}.new`;
    const file = await open(temporary, "w", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.#file);
  }
}
