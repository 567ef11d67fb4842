import type { ImageInfo } from "../info";
import type { ImageReference } from "../reference";
import type { RunOptions } from "../runTool";

/** A reference to a folder or a file of this machine, which is looked at without any tool. */
export type LocalReference = Extract<ImageReference, { path: string }>;
/** A reference to what only a tool can look at. */
export type NamedReference = Extract<ImageReference, { name: string }>;

/**
 * What a tool can carry an image from, and how. Every tool says something of every transport:
 * `undefined` where it cannot.
 */
export interface Tool {
  readonly sources: Readonly<
    Record<LocalReference["transport"], LocalSource | undefined> &
      Record<NamedReference["transport"], NamedSource | undefined>
  >;
  /**
   * How often a push that fails for a reason that passes is done in all. Default the policy's; less
   * for a tool that repeats single requests of its own accord and cannot be told not to.
   */
  readonly attempts?: number;
  /** The tool's words for a fault that passes, and for one that does not, which decides. */
  readonly retryable: readonly RegExp[];
  readonly permanent: readonly RegExp[];
}

export interface LocalSource {
  /** Whether it can pick one image out of several. */
  severalImages: boolean;
  /** Whether it reads a file that gzip has compressed; else it is given the file unpacked. */
  gzip: boolean;
  push: Push<LocalReference>;
}

export interface NamedSource {
  inspect(image: NamedReference, options: RunOptions): Promise<ImageInfo>;
  push: Push<NamedReference>;
}

/** Pushes to `repository:tag` and returns the digest of the manifest that is there then. */
export type Push<Reference> = (
  image: Reference,
  destination: string,
  push: PushOptions,
) => Promise<string>;

export interface PushOptions extends RunOptions {
  /** A folder of this push's own, for files that hold secrets. */
  folder: string;
  login: { host: string; username: string; password: string };
}
