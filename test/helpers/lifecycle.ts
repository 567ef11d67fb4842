import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DeployRecord, Emulator } from "../../emulator";
import { check } from "../../provider/lifecycle/check";
import type { Session } from "../../provider/lifecycle/session";
import { create } from "../../provider/lifecycle/create";
import { remove } from "../../provider/lifecycle/delete";
import { diff } from "../../provider/lifecycle/diff";
import type { DeployOutputs } from "../../provider/lifecycle/outputs";
import { withoutNulls } from "../../provider/lifecycle/state";
import { read } from "../../provider/lifecycle/read";
import { DeployInitError } from "../../provider/lifecycle/initError";
import { update } from "../../provider/lifecycle/update";
import { openSession } from "../../provider/hosts/session";
import { readSettings } from "../../provider/hosts/settings";

/** A resource as the engine's state has it. */
interface Resource {
  id: string;
  outputs: DeployOutputs;
}

/**
 * What a program with one `AstroDeploy` and an engine do, less the engine, in little time. Each
 * operation is as if in a process of its own.
 */
export class FakeEngine {
  readonly deploymentId: string;
  /** What the person at the terminal was told. */
  readonly notices: string[] = [];
  /** What the state holds, finished or not. */
  resource: Resource | undefined;
  /** Pulumi's home, of this stage's own. */
  readonly #home: string;
  #token = "";
  #signal: AbortSignal | undefined;
  #session: Session | undefined;

  constructor(
    private readonly emulator: Emulator,
    private readonly args: Readonly<Record<string, unknown>>,
    private readonly options: {
      token: string;
      home: string;
      env?: Readonly<Record<string, string>>;
      uploadLimits?: Session["uploadLimits"];
      /** Ends its operations, until {@link FakeEngine.resume}. */
      signal?: AbortSignal;
    },
  ) {
    this.deploymentId = emulator.deployments[0]?.id ?? "";
    this.#signal = options.signal;
    this.#home = mkdtempSync(join(options.home, "stage-"));
    this.token = options.token;
  }

  /** The API token of the next operation. */
  get token(): string {
    return this.#token;
  }
  set token(token: string) {
    this.#token = token;
    const settings = readSettings(() => undefined, {
      ...this.emulator.env,
      ASTRO_API_TOKEN: token,
      ASTRO_REQUEST_TIMEOUT_SECONDS: "5",
      ...this.options.env,
    });
    this.#session = openSession({
      settings,
      reporter: {
        progress: () => undefined,
        notice: (message) => this.notices.push(message),
        warning: (message) => this.notices.push(message),
      },
      home: this.#home,
      uploadLimits: this.options.uploadLimits,
      signal: this.#signal,
    });
  }

  /** Goes on without the signal that ended the operation before. */
  resume(): void {
    this.#signal = undefined;
    this.token = this.#token;
  }

  get #present(): Session {
    assert.ok(this.#session);
    return this.#session;
  }

  /** The folder of its journal. */
  get journal(): string {
    return join(this.#home, "astro-deploy");
  }

  /** Has the journal on this machine be that of another process. */
  #restart(): void {
    const folder = this.journal;
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      const file = join(folder, name);
      const note = JSON.parse(readFileSync(file, "utf8")) as object;
      writeFileSync(file, JSON.stringify({ ...note, run: "another" }));
    }
  }

  /** Returns what it failed with. */
  async up(): Promise<Error | undefined> {
    const session = this.#present;
    this.#restart();
    const { inputs, failures } = await check(
      session,
      { ...this.resource?.outputs },
      {
        deploymentId: this.deploymentId,
        ...this.args,
      },
    );
    assert.deepEqual(failures, []);
    const old = this.resource;
    try {
      const asked = old && (await diff(session, old.id, old.outputs, inputs));
      if (!old || (asked && asked.replaces.length > 0)) {
        const { id, outs } = await create(session, inputs);
        this.resource = { id, outputs: withoutNulls(outs) };
      } else if (asked?.changes) {
        const { outs } = await update(session, old.id, old.outputs, inputs);
        this.resource = { id: old.id, outputs: withoutNulls(outs) };
      }
      return undefined;
    } catch (error) {
      // The host keeps what has an id and properties.
      if (error instanceof DeployInitError) {
        this.resource = { id: error.id, outputs: withoutNulls(error.properties) };
      }
      return error as Error;
    }
  }

  /** Returns what it failed with. */
  async destroy(): Promise<Error | undefined> {
    try {
      if (this.resource) await remove(this.#present, this.resource.id, this.resource.outputs);
      this.resource = undefined;
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  async refresh(): Promise<void> {
    assert.ok(this.resource);
    const { id, props } = await read(this.#present, this.resource.id, this.resource.outputs);
    this.resource = id && props ? { id, outputs: withoutNulls(props) } : undefined;
  }

  /** The deploys that the service has, oldest first. */
  deploys(): readonly DeployRecord[] {
    return this.emulator.deploys(this.deploymentId);
  }
}
