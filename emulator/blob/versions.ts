import { randomInt } from "node:crypto";
import { Readable } from "node:stream";
import type { Clock } from "../clock";
import type { Segment, SegmentStore } from "./segments";

/** One version of a blob. Versions are never overwritten. */
export interface BlobVersion {
  /** The moment of its upload, such as `2024-01-12T18:32:20.5898930Z`. */
  id: string;
  path: string;
  segments: Segment[];
  bytes: number;
}

/** Blocks by their id. */
type Blocks = Record<string, Segment>;

/** What is known of the blobs, as it is persisted. */
export interface BlobState {
  versions: BlobVersion[];
  /** By blob path: the blocks that no block list has named yet. */
  blocks: Record<string, Blocks>;
  /** By blob path: the blocks that the last block list has named. */
  committed?: Record<string, Blocks>;
}

/** Ticks of 100 ns since the epoch: the resolution of a version id. */
const ticksPerMs = 10_000n;

/** The blobs: for each path the versions that were uploaded to it. */
export class Blobs {
  readonly #versions = new Map<string, BlobVersion>();
  readonly #blocks: Record<string, Blocks>;
  readonly #committed: Record<string, Blocks>;
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
    this.#blocks = state?.blocks ?? {};
    this.#committed = state?.committed ?? {};
  }

  state(): BlobState {
    return {
      versions: [...this.#versions.values()],
      blocks: this.#blocks,
      committed: this.#committed,
    };
  }

  /** The blocks of a blob that no block list has named yet. */
  uncommitted(path: string): Readonly<Blocks> {
    return this.#blocks[path] ?? {};
  }

  /** What a block list means by the latest of an id: a block that waits, else one of the blob. */
  latest(path: string, blockId: string): Segment | undefined {
    return this.#blocks[path]?.[blockId] ?? this.#committed[path]?.[blockId];
  }

  /** A block sent again replaces the one of the same id. */
  async stage(path: string, blockId: string, segment: Segment): Promise<void> {
    const blocks = (this.#blocks[path] ??= {});
    const former = blocks[blockId];
    blocks[blockId] = segment;
    if (former) await this.store.remove(former);
  }

  /** Makes a new version of one segment; blocks that were staged are dropped. */
  commit(path: string, segment: Segment): Promise<BlobVersion> {
    return this.#commit(path, [segment], {});
  }

  /** Makes a new version of these blocks; others that were staged are dropped. */
  commitBlocks(
    path: string,
    blocks: readonly (readonly [string, Segment])[],
  ): Promise<BlobVersion> {
    const segments = blocks.map(([, segment]) => segment);
    return this.#commit(path, segments, Object.fromEntries(blocks));
  }

  async #commit(path: string, segments: Segment[], blocks: Blocks): Promise<BlobVersion> {
    const staged = Object.values(this.uncommitted(path));
    this.#blocks[path] = {};
    this.#committed[path] = blocks;
    const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
    const version = { id: this.newVersionId(), path, segments, bytes };
    this.#versions.set(version.id, version);
    const dropped = staged.filter((block) => !segments.includes(block));
    await Promise.all(dropped.map((block) => this.store.remove(block)));
    return version;
  }

  version(id: string): BlobVersion | undefined {
    return this.#versions.get(id);
  }

  /**
   * The bytes of a version, one segment after the other.
   *
   * @throws Error if there is no such version.
   */
  read(id: string): Readable {
    const version = this.#versions.get(id);
    if (!version) throw new Error(`no upload has the version ${id}`);
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

/** The moment of a version id. */
function ticksOf(versionId: string): bigint {
  const seconds = Date.parse(`${versionId.slice(0, 19)}Z`);
  return BigInt(seconds) * ticksPerMs + BigInt(versionId.slice(20, 27));
}

function versionIdOf(ticks: bigint): string {
  const seconds = new Date(Number(ticks / ticksPerMs)).toISOString().slice(0, 19);
  return `${seconds}.${(ticks % 10_000_000n).toString().padStart(7, "0")}Z`;
}
