import { apiVersionFacts } from "./apiVersions";
import { AstroError } from "./error";
import type { ApiVersion, Deploy } from "./types";

/** Sends one request to one API version. */
type Send<T> = (version: ApiVersion) => Promise<T>;

/**
 * The API version that a client speaks: that of the settings until it has ended, then its
 * successor, for as long as the client lives.
 *
 * That a version has ended is decided by reads alone: it answers 404 or 410, and its successor
 * answers the same read. A deploy stays with the version that created it until it is finalized.
 */
export class VersionInUse {
  #version: ApiVersion;
  /** By deploy, from its creation to its finalize. */
  readonly #createdIn = new Map<string, ApiVersion>();

  /** @param report - Told once that a version has ended. */
  constructor(
    version: ApiVersion,
    private readonly report: (message: string) => void,
  ) {
    this.#version = version;
  }

  /** The version of the next request. */
  of(deployId?: string): ApiVersion {
    return this.#createdIn.get(deployId ?? "") ?? this.#version;
  }

  /** @throws what the version in use answered, unless its successor answers. */
  async read<T>(send: Send<T>, deployId?: string): Promise<T> {
    const version = this.of(deployId);
    try {
      return await send(version);
    } catch (error) {
      const successor = successorAfter(error, version);
      if (successor === undefined || this.#createdIn.has(deployId ?? "")) throw error;
      const answer = await send(successor).catch(() => {
        throw error;
      });
      this.#leave(version, successor);
      return answer;
    }
  }

  /**
   * Creates a deploy.
   *
   * @param read - Reads something that exists if the deploy can be created: it decides whether the
   *   version has ended, if that is how the request was refused.
   */
  async create(send: Send<Deploy>, read: () => Promise<unknown>): Promise<Deploy> {
    const version = this.#version;
    try {
      return await this.#createIn(version, send);
    } catch (error) {
      if (successorAfter(error, version) === undefined || !wasAnswered(error)) throw error;
      await read().catch(() => undefined);
      if (this.#version === version) throw error;
      return this.#createIn(this.#version, send);
    }
  }

  /** From now on the deploy's reads may go to another version. */
  release(deployId: string): void {
    this.#createdIn.delete(deployId);
  }

  async #createIn(version: ApiVersion, send: Send<Deploy>): Promise<Deploy> {
    const deploy = await send(version);
    this.#createdIn.set(deploy.id, version);
    return deploy;
  }

  #leave(version: ApiVersion, successor: ApiVersion): void {
    // Another read may have found it first.
    if (this.#version !== version) return;
    this.#version = successor;
    this.report(
      `API version ${version} has ended, so this run uses ${successor}. Set astro:apiVersion to ${successor}.`,
    );
  }
}

/** The version to try if this one answers as one does that has ended. */
function successorAfter(error: unknown, version: ApiVersion): ApiVersion | undefined {
  const mayHaveEnded = error instanceof AstroError && error.mayHaveEnded;
  return mayHaveEnded ? apiVersionFacts[version].end?.successor : undefined;
}

/** Otherwise the service may have processed the request. */
function wasAnswered(error: unknown): boolean {
  return error instanceof AstroError && error.outcome === "answered";
}
