/**
 * The codes of all messages that a user can meet, by topic. Each is the end of its messages and has
 * its section in `docs/troubleshooting.md`, so a code that was once published stays.
 */
export const messageTitles = {
  // Arguments and settings
  "invalid-input": "An argument has not the form that it must have",
  "unknown-input": "An argument has a name that does not exist",
  "missing-input": "A required argument is missing",
  "input-without-effect": "An argument has no effect without another one",
  "input-of-other-type": "An argument belongs to another type of deploy",
  "wait-needed": "An argument needs the wait that `wait: false` leaves out",
  "git-rules": "The API version does not accept the commit in `git`",
  "git-commit-unknown": "The commit of the folder cannot be determined",
  "nothing-shipped": "The resource has no source, so it ships nothing",
  "duplicate-resource": "Two resources deploy to the same part of a Deployment",
  "invalid-setting": "A setting is not valid",
  "token-missing": "There is no API token",
  "invalid-lookup": "An argument of a look-up or of an import is not valid",
  "deployment-name": "A Deployment's name names none, or several",

  // Files
  "files-not-found": "A file or folder does not exist",
  "files-unreadable": "A file cannot be read",
  "files-changed": "The files changed while they were read",
  "files-cannot-ship": "The folder holds something that cannot ship",
  "no-files": "There are no files to ship",
  "no-dbt-project": "The bundle is no dbt project",
  "project-shipped": "The folder that ships holds a Pulumi project",
  "files-not-kept": "The files were made by an earlier run and are gone",
  "no-space": "The archive cannot be written",
  "syntax-error": "Python cannot parse DAG files",
  "syntax-not-checked": "The syntax of the DAG files was not checked",

  // Images
  "image-unreadable": "The image cannot be read",
  "image-unsuitable": "Astro cannot run the image",
  "image-tool": "No tool can copy the image",
  "image-push-failed": "The image was not pushed",

  // The Deployment
  "dag-deploys": "The type of deploy does not fit the Deployment's DAG deploys",
  "monitoring-dag": "The DAG by which Astronomer watches the Deployment is missing",
  "ci-cd-only": "The Deployment takes deploys from CI/CD only",
  hibernating: "The Deployment hibernates",
  "stays-awake": "The hibernation of the Deployment was not restored",
  "runtime-version": "The image's Astro Runtime does not fit the Deployment",
  "deployment-unknown": "The preview could not read the Deployment",

  // Requests
  "token-rejected": "Astro does not accept the token",
  "permission-missing": "The token lacks a permission",
  "not-found": "Astro does not know what a request names",
  "request-rejected": "Astro rejected a request",
  "rate-limited": "There were too many requests with the token",
  "astro-failed": "Astro failed to process a request",
  "version-ended": "The API version has ended",
  "no-response": "There was no response in time",
  "connection-failed": "A connection failed",
  "tls-failed": "No TLS connection was made",
  "proxy-failed": "The proxy did not connect",
  "foreign-response": "Something else answered in place of the service",
  cancelled: "The deploy was cancelled, or its time was over",

  // The upload
  "upload-url-expired": "The upload URL is of no use any more",
  "upload-rejected": "The store rejected the upload",
  "no-upload-url": "Astro gave no upload URL",

  // The end of a deploy
  "deploy-failed": "Astro reports FAILED",
  "deploy-unfinished": "The deploy was created and is not finished",
  "not-in-time": "What was waited for did not come in time",
  unhealthy: "The Deployment was not healthy after the deploy",
  "import-error": "Airflow cannot import a DAG file",
  "import-errors-unknown": "Airflow did not say whether it can import the DAGs",
  "rollback-not-needed": "The Deployment already runs the deploy to roll back to",

  // Interruptions and other programs
  "create-uncertain": "It is not known whether a deploy was created",
  superseded: "Another deploy came after this one",
  "deployment-busy": "Another deploy to the Deployment has not ended",

  // The state
  "refresh-uncertain": "It is not certain that the deploy is gone",
  "bundle-not-removed": "The bundle was not removed",
  "not-importable": "The deploy cannot be imported",
  "unknown-function": "The plugin has no such function",
} as const;

/** The code of a message: its section in `docs/troubleshooting.md`. */
export type MessageCode = keyof typeof messageTitles;

/** Where `docs/troubleshooting.md` can be read. Empty until the project has a public repository. */
const troubleshooting = "";

/**
 * A message with its code at the end, once: what several calls share is shown by each.
 *
 * @param address - Of the documentation, if it is not yet the constant one.
 */
export function withCode(
  text: string,
  code: MessageCode,
  address: string = troubleshooting,
): string {
  const end = address === "" ? `[${code}]` : `See ${address}#${code}`;
  if (text.endsWith(end)) return text;
  // A list ends before it.
  return `${text}${text.includes("\n") ? "\n  " : " "}${end}`;
}

/** An error with the code of its message, which is added where the error leaves this package. */
export class CodedError extends Error {
  constructor(
    /** The code of the message, which is at its end where it is shown. */
    readonly messageCode: MessageCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The code of an error; the given one if it has none. */
export function codeOf(error: unknown, otherwise: MessageCode): MessageCode {
  return error instanceof CodedError ? error.messageCode : otherwise;
}
