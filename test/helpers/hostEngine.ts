import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Emulator, Operation } from "../../emulator";
import {
  InitFailed,
  ProviderHost,
  serializedStub,
  type HostOptions,
  type Properties,
} from "./providerHost";

/** A resource as the engine's state has it. */
interface Resource {
  id: string;
  inputs: Properties;
  outputs: Properties;
}

let stub: string | undefined;

/**
 * A stack of one resource, and the least of an engine: each operation asks a host of its own, as
 * the real one does, in one home.
 */
export class HostEngine {
  /** Absent if nothing was created. */
  resource: Resource | undefined;
  /** What the hosts said and printed. */
  readonly said: string[] = [];
  /** Its hosts' home, and where their temporary files are. */
  readonly home = mkdtempSync(join(tmpdir(), "astro-home-"));
  /** What is set beside what the emulator asks for. */
  readonly env: Record<string, string | undefined> = {};

  constructor(
    private readonly host: NonNullable<HostOptions["host"]>,
    private readonly emulator: Emulator,
    /** The program's arguments. */
    public args: Properties,
    private readonly files: Record<string, string>,
  ) {}

  /**
   * Returns what it failed with.
   *
   * @param begun - Called with the host that is about to be asked.
   */
  up(begun: (host: ProviderHost) => void = () => undefined): Promise<Error | undefined> {
    return this.#operate(async (host) => {
      begun(host);
      const old = this.resource;
      const { inputs, failures } = await host.check(old?.inputs ?? {}, this.#declared);
      if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("\n"));
      const diff = old && (await host.diff(old.id, old.outputs, inputs, old.inputs));
      if (old && diff?.changes === false) return;
      try {
        if (old && diff?.replaces.length === 0) {
          const { properties } = await host.update(old.id, old.outputs, inputs);
          this.resource = { id: old.id, inputs, outputs: properties };
          return;
        }
        const { id, properties } = await host.create(inputs);
        this.resource = { id, inputs, outputs: properties };
      } catch (error) {
        if (error instanceof InitFailed) {
          this.resource = { id: error.id, inputs, outputs: error.properties };
        }
        throw error;
      }
      if (old) await host.delete(old.id, old.outputs);
    });
  }

  refresh(): Promise<Error | undefined> {
    return this.#operate(async (host) => {
      const old = this.resource;
      assert.ok(old);
      const { id, properties } = await host.read(old.id, old.outputs, old.inputs);
      this.resource = id === "" ? undefined : { ...old, outputs: properties };
    });
  }

  destroy(): Promise<Error | undefined> {
    return this.#operate(async (host) => {
      if (this.resource) await host.delete(this.resource.id, this.resource.outputs);
      this.resource = undefined;
    });
  }

  /** An `up` whose provider is killed in a request of its. */
  async killedUp(operation: Operation, phase: "before" | "after"): Promise<void> {
    let killed: Promise<void> | undefined;
    const failed = await this.#operate(async (host) => {
      const stop = this.emulator.onRequest((event) => {
        if (killed || event.operation !== operation || event.phase !== phase) return;
        killed = host.kill();
      });
      const { inputs } = await host.check({}, this.#declared);
      await host.create(inputs).finally(stop);
    });
    assert.ok(killed && failed, `${operation} was not asked for, or the provider lived on`);
  }

  dispose(): void {
    rmSync(this.home, { recursive: true, force: true });
  }

  get #declared(): Properties {
    const provider = this.host === "dynamic" && { __provider: (stub ??= serializedStub()) };
    return { ...this.args, ...provider };
  }

  async #operate(call: (host: ProviderHost) => Promise<void>): Promise<Error | undefined> {
    const { host: kind, files } = this;
    const home = { PULUMI_HOME: this.home, TMPDIR: this.home };
    const env = { ...this.emulator.env, ...home, ...this.env };
    const host = await ProviderHost.start({ host: kind, files, env });
    try {
      await call(host);
      return undefined;
    } catch (error) {
      return error as Error;
    } finally {
      this.said.push(host.printed, ...host.messages);
      await host.stop();
    }
  }
}
