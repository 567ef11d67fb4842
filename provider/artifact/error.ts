import { CodedError, type MessageCode } from "../messages";

/**
 * A source that cannot be shipped as it is. The message names the file and what to do. It does not
 * contain the folder's path, which may be a secret.
 */
export class ArtifactError extends CodedError {
  override readonly name = "ArtifactError";
  /** The file with the problem, relative to the folder; empty for the folder itself. */
  readonly path: string;
  /** What is wrong with it, and what to do. */
  readonly reason: string;

  constructor(messageCode: MessageCode, path: string, reason: string) {
    super(messageCode, `${path === "" ? "the folder" : printable(path)} ${reason}`);
    this.path = path;
    this.reason = reason;
  }
}

const denied = "cannot be read: permission denied. Make it readable for this user, or exclude it.";
const tryAgain = "while it was read. Try again when nothing writes to the folder.";

const reasons: Record<string, string> = {
  EACCES: denied,
  EPERM: denied,
  ENOENT: `vanished ${tryAgain}`,
  ENOTDIR: `changed ${tryAgain}`,
  EISDIR: `changed ${tryAgain}`,
  ELOOP: `changed ${tryAgain}`,
  ENXIO: `changed ${tryAgain}`,
  ENAMETOOLONG: "cannot be read: its path is too long for this system. Move the folder up.",
  EMFILE: "cannot be read: too many open files. Raise the limit (ulimit -n).",
};

/** The error for a file of the tree that could not be read. */
export function unreadable(path: string, error: unknown): ArtifactError {
  if (error instanceof ArtifactError) return error;
  const { code } = error as NodeJS.ErrnoException;
  const reason = reasons[code ?? ""] ?? `cannot be read (${code ?? (error as Error).name}).`;
  const isChange = /^(vanished|changed) /.test(reason);
  return new ArtifactError(isChange ? "files-changed" : "files-unreadable", path, reason);
}

/** The error for a path of the program's that could not be read. */
export function unreachable(path: string, error: unknown): ArtifactError {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "ENOENT" && code !== "ENOTDIR") return unreadable(path, error);
  return new ArtifactError(
    "files-not-found",
    path,
    "does not exist. A relative path starts at the program's working directory.",
  );
}

/** The error for a file that has changed since the walk. */
export function changed(path: string): ArtifactError {
  return new ArtifactError("files-changed", path, `changed ${tryAgain}`);
}

/** The error for an archive that cannot be written. */
export function unwritable(path: string, error: unknown): ArtifactError {
  const { code } = error as NodeJS.ErrnoException;
  return new ArtifactError(
    "no-space",
    path,
    `cannot be written (${code ?? String(error)}). Free space there, or set TMPDIR to another folder.`,
  );
}

/** A path on one line of a message, whatever its characters. */
export function printable(path: string): string {
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\uFFFD"]/u.test(path) || path.trim() !== path
    ? JSON.stringify(path)
    : path;
}
