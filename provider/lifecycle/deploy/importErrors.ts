import {
  airflowApiUrl,
  createAirflowClient,
  type ImportError,
  type ParsedDag,
} from "../../airflow/client";
import type { Deployment } from "../../astro/responses";
import { oneLine } from "../../http/errorText";
import { isMadeByProgram } from "../sources/fileSource";
import type { DeployInputs } from "../inputs/table";
import type { DeployRecord } from "../outputs";
import type { Session } from "../session";
import { capitalize, withFullStop, withReason } from "../text";
import { poll } from "./poll";
import { CodedError } from "../../messages";

interface Target {
  session: Session;
  inputs: DeployInputs;
  record: DeployRecord;
}

/** With more, the cause is most likely one for all, such as a package that the image lacks. */
const maxWarnings = 20;

const maxLineLength = 200;

/** Where Airflow 2 has the DAG folder, which its names begin with. */
const dagFolder = "/usr/local/airflow/dags/";

/**
 * Waits until Airflow has parsed the DAGs of a deploy that is `DEPLOYED`, and warns of each file
 * that it cannot import. Never fails: what cannot be known is said to be unknown.
 */
export async function reportImportErrors({ session, inputs, record }: Target): Promise<void> {
  const { dagsFiles, rollbackTo } = inputs;
  const isEmpty = dagsFiles !== undefined && Object.keys(dagsFiles).length === 0;
  if (record.deploy.status !== "DEPLOYED" || rollbackTo !== undefined || isEmpty) return;
  const label = session.declarations.labelOf(inputs);
  session.reporter.progress(`${label}: waiting for Airflow to parse the DAGs`);
  const parses = new Parses();
  let unknown: string | undefined;
  try {
    await watch({ session, inputs, record }, parses);
  } catch (error) {
    unknown = (error as Error).message;
  }
  const failed = parses.failed();
  for (const { file, trace = "" } of failed.slice(0, maxWarnings)) {
    // Of a trace, the last line says what is wrong. A file that was never imported may have none.
    const line = trace.trimEnd().split("\n").at(-1) ?? "";
    // Of a text that the program makes, which may be a secret, only the class of the exception.
    const shown = isMadeByProgram(inputs.dags) ? (/^[\w.]+(?=:|$)/.exec(line)?.[0] ?? "") : line;
    const reason = withReason(oneLine(shown, maxLineLength));
    const name = oneLine(nameOf(file), maxLineLength) ?? "a file without a name";
    session.reporter.warning(`${label}: Airflow cannot import ${name}${reason}`, "import-error");
  }
  const more = failed.length - maxWarnings;
  if (more > 0)
    session.reporter.warning(
      `${label}: Airflow cannot import ${more} more DAG files`,
      "import-error",
    );
  if (unknown === undefined) return;
  const what = failed.length > 0 ? "other DAGs fail" : "DAGs fail";
  session.reporter.notice(
    `${label}: whether ${what} to import is unknown. ${capitalize(withFullStop(unknown))}`,
    "import-errors-unknown",
  );
}

/**
 * Asks until Airflow has parsed every file twice: the first of these may have begun before the
 * Deployment had the new version, the second cannot.
 *
 * @throws Error if that cannot be known.
 */
async function watch({ session, inputs, record }: Target, parses: Parses): Promise<void> {
  const { settings, signal } = session;
  const { importErrorsTimeoutMs: ms, requestTimeoutMs, token = "" } = settings;
  const advice = "Raise astro:importErrorsTimeoutSeconds to wait longer.";
  const limit = { deadline: Date.now() + ms, ms, advice };
  const deployment = await poll<Deployment>(session, undefined, {
    read: (deadline) => session.client().getDeployment(inputs, deadline),
    isOver: (deployment) => {
      if (deployment.status === "HIBERNATING")
        throw new CodedError("hibernating", "the Deployment hibernates");
      return runs(deployment, record);
    },
    describe: () => "the Deployment did not run the new version yet",
    limit,
    isPatient: true,
  });
  // By Astro's clock, as of that answer, which tells whole seconds.
  const since = session.client().now().getTime() + 1000;
  const url = airflowApiUrl(deployment);
  const airflow = createAirflowClient({ url, token, requestTimeoutMs, signal });
  const isOurs = ({ file }: { file: string }) => mayBeIn(inputs.dagsFiles, file);
  try {
    await poll<Parses>(session, undefined, {
      read: async (deadline) => {
        const errors = await airflow.listImportErrors(deadline);
        const dags = await airflow.listDags(deadline);
        parses.add(errors.filter(isOurs), dags.filter(isOurs), since);
        return parses;
      },
      isOver: () => parses.missing() === undefined,
      describe: () => parses.missing() ?? "",
      limit,
      isPatient: true,
    });
  } finally {
    airflow.close();
  }
}

/** Whether the Deployment has taken over what the deploy shipped. */
function runs(deployment: Deployment, { deploy, progress }: DeployRecord): boolean {
  const { dagTarballVersion, imageDigest } = progress;
  const hasDags =
    dagTarballVersion === undefined || deployment.dagTarballVersion === dagTarballVersion;
  // Until its pods have the new image, a Deployment is not HEALTHY.
  const hasImage =
    imageDigest === undefined ||
    (deployment.status === "HEALTHY" && deployment.imageTag === deploy.imageTag);
  return hasDags && hasImage;
}

/** A file as the program knows it. */
function nameOf(file: string): string {
  return file.startsWith(dagFolder) ? file.slice(dagFolder.length) : file;
}

/**
 * Whether a file may be one of those that were shipped: in which folder Airflow has them depends on
 * the Deployment. Of many files the summary has folders, which end in a slash.
 */
function mayBeIn(shipped: Readonly<Record<string, string>> | undefined, file: string): boolean {
  if (shipped === undefined || "./" in shipped) return true;
  const path = `/${file}`;
  return Object.keys(shipped).some((key) =>
    key.endsWith("/")
      ? path.includes(`/${key}`)
      : // An archive of DAGs is a folder to Airflow.
        path.endsWith(`/${key}`) || path.includes(`/${key}/`),
  );
}

interface Parse {
  first: number;
  last: number;
  polls: number;
}

/** When Airflow parsed each file since the Deployment had the new version. */
class Parses {
  readonly #byFile = new Map<string, Parse>();
  #files = new Set<string>();
  #errors: readonly ImportError[] = [];

  /**
   * Takes what a poll has found. Airflow stamps a row anew at every parse, and removes that of an
   * error when the file can be imported.
   *
   * @param since - When the Deployment had the new version.
   */
  add(errors: readonly ImportError[], dags: readonly ParsedDag[], since: number): void {
    const rows = [...errors, ...dags];
    this.#errors = errors;
    this.#files = new Set(rows.map(({ file }) => file));
    // A DAG that was removed from a file stays listed for a time, and is not stamped any more.
    const latest = new Map<string, number>();
    for (const { file, parsedAt } of rows) {
      if (parsedAt > since) latest.set(file, Math.max(parsedAt, latest.get(file) ?? 0));
    }
    for (const [file, parsedAt] of latest) {
      const parse = this.#byFile.get(file) ?? { first: parsedAt, last: parsedAt, polls: 0 };
      this.#byFile.set(file, { ...parse, last: parsedAt, polls: parse.polls + 1 });
    }
  }

  /** What Airflow has not parsed twice; undefined if there is nothing. */
  missing(): string | undefined {
    const files = [...this.#files];
    if (files.length === 0) return "Airflow listed none of the DAGs";
    const left = files.filter((file) => {
      const parse = this.#byFile.get(file);
      return !parse || parse.last === parse.first;
    });
    if (left.length === 0) return undefined;
    return `Airflow had yet to parse ${left.length} of ${files.length} DAG files`;
  }

  /** What Airflow cannot import: errors of the new version that were there more than once. */
  failed(): ImportError[] {
    return this.#errors.filter(({ file, parsedAt }) => {
      const parse = this.#byFile.get(file);
      return parse && parse.polls > 1 && parsedAt >= parse.first;
    });
  }
}
