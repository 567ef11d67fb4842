import { randomInt } from "node:crypto";
import { Readable } from "node:stream";
import type { Clock } from "../clock";
import { ticksOf, ticksPerMs, versionIdOf } from "../ids";
import type { Segment, SegmentStore } from "./segments";

/** One version of a blob. Versions are never overwritten. */
export interface BlobVersion {
  id: string;
  path: string;
  segments: Segment[];
  bytes: number;
}

/** The committed versions and the blocks that wait for a block list, as they are persisted. */
export interface BlobState {
  versions: BlobVersion[];
  /** By blob path, then by block id. */
  blocks: Record<string, Record<string, Segment>>;
  /** Those that the last block list has named, in the same order. */
  committed?: Record<string, Record<string, Segment>>;
}

/** The blobs: for each path the versions that were uploaded to it. */
export class Blobs {
  readonly #versions = new Map<string, BlobVersion>();
  readonly #blocks = new Map<string, Map<string, Segment>>();
  readonly #committed = new Map<string, ReadonlyMap<string, Segment>>();
  #lastTicks = 0n;

  constructor(
    readonly store: SegmentStore,
    private readonly clock: Clock,
    state: BlobState | undefined,
  ) {
    for (const version of state?.versions ?? []) {
      this.#versions.set(version.id, version);
      const ticks = ticksOf(version.id);
      if (ticks > this.#lastTicks) this.#lastTicks = ticks;
    }
    for (const [path, blocks] of Object.entries(state?.blocks ?? {})) {
      this.#blocks.set(path, new Map(Object.entries(blocks)));
    }
    for (const [path, blocks] of Object.entries(state?.committed ?? {})) {
      this.#committed.set(path, new Map(Object.entries(blocks)));
    }
  }

  state(): BlobState {
    return {
      versions: [...this.#versions.values()],
      blocks: records(this.#blocks),
      committed: records(this.#committed),
    };
  }

  /** The blocks of a blob that no block list has named yet. */
  uncommitted(path: string): ReadonlyMap<string, Segment> {
    return this.#blocks.get(path) ?? new Map<string, Segment>();
  }

  /** What a block list means by the latest of an id: a block that waits, else one of the blob. */
  latest(path: string, blockId: string): Segment | undefined {
    return this.uncommitted(path).get(blockId) ?? this.#committed.get(path)?.get(blockId);
  }

  /** A block sent again replaces the one of the same id. */
  async stage(path: string, blockId: string, segment: Segment): Promise<void> {
    const blocks = this.#blocks.get(path) ?? new Map<string, Segment>();
    this.#blocks.set(path, blocks);
    const former = blocks.get(blockId);
    blocks.set(blockId, segment);
    if (former) await this.store.remove(former);
  }

  /** Makes a new version of one segment; blocks that were staged are dropped. */
  commit(path: string, segment: Segment): Promise<BlobVersion> {
    return this.#commit(path, [segment], new Map());
  }

  /** Makes a new version of these blocks; others that were staged are dropped. */
  commitBlocks(
    path: string,
    blocks: readonly (readonly [string, Segment])[],
  ): Promise<BlobVersion> {
    const segments = blocks.map(([, segment]) => segment);
    return this.#commit(path, segments, new Map(blocks));
  }

  async #commit(
    path: string,
    segments: readonly Segment[],
    blocks: ReadonlyMap<string, Segment>,
  ): Promise<BlobVersion> {
    const staged = [...this.uncommitted(path).values()];
    this.#blocks.delete(path);
    this.#committed.set(path, blocks);
    const version = {
      id: this.newVersionId(),
      path,
      segments: [...segments],
      bytes: segments.reduce((sum, segment) => sum + segment.bytes, 0),
    };
    this.#versions.set(version.id, version);
    const kept = new Set(segments);
    await Promise.all(
      staged.filter((block) => !kept.has(block)).map((block) => this.store.remove(block)),
    );
    return version;
  }

  version(id: string): BlobVersion | undefined {
    return this.#versions.get(id);
  }

  /** The bytes of a version, one segment after the other. */
  read(version: BlobVersion): Readable {
    const { store } = this;
    return Readable.from(
      (async function* () {
        for (const segment of version.segments) yield* store.read(segment);
      })(),
      { objectMode: false },
    );
  }

  /**
   * A version id later than every other. Its last digits are below a millisecond, so that a client
   * that takes it for a date and loses them is found out.
   */
  newVersionId(): string {
    const ticks = BigInt(this.clock.now()) * ticksPerMs + BigInt(randomInt(Number(ticksPerMs)));
    this.#lastTicks = ticks > this.#lastTicks ? ticks : this.#lastTicks + 1n;
    return versionIdOf(this.#lastTicks);
  }
}

function records<T>(
  maps: ReadonlyMap<string, ReadonlyMap<string, T>>,
): Record<string, Record<string, T>> {
  return Object.fromEntries([...maps].map(([path, map]) => [path, Object.fromEntries(map)]));
}
