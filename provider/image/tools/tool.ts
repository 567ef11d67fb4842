import type { ImageInfo } from "../info";
import type { ImageReference } from "../reference";
import type { RunOptions } from "../runTool";

/** The tools that can copy an image to a registry, the preferred one first. */
export const imageTools = ["docker", "skopeo", "crane"] as const;
export type ImageTool = (typeof imageTools)[number];

/** A reference to a local folder or file, which is read without any tool. */
export type LocalReference = Extract<ImageReference, { path: string }>;
/** A reference to an image that only a tool can read. */
export type NamedReference = Extract<ImageReference, { name: string }>;

/** The sources that a tool supports, and how it copies from each. */
export interface Tool {
  readonly sources: Readonly<
    Record<LocalReference["transport"], LocalSource | undefined> &
      Record<NamedReference["transport"], NamedSource | undefined>
  >;
  /**
   * How many attempts a push has. Fewer for a tool that always retries single requests itself.
   * Default the policy's.
   */
  readonly attempts?: number;
  /** Output of temporary failures, and of permanent ones, which take precedence. */
  readonly retryable: readonly RegExp[];
  readonly permanent: readonly RegExp[];
}

export interface LocalSource {
  /** Whether it can choose one image of several. */
  severalImages: boolean;
  /** Whether it reads a file compressed with gzip; if not, it gets the file decompressed. */
  gzip: boolean;
  push: Push<LocalReference>;
}

export interface NamedSource {
  inspect(image: NamedReference, options: RunOptions): Promise<ImageInfo>;
  push: Push<NamedReference>;
}

/** Pushes to `repository:tag` and returns the digest of the manifest that it names then. */
export type Push<Reference> = (
  image: Reference,
  destination: string,
  push: PushOptions,
) => Promise<string>;

export interface PushOptions extends RunOptions {
  /** A folder for this push only, for files with secrets. */
  folder: string;
  login: { host: string; username: string; password: string };
}
