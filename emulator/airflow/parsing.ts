import { membersOf } from "../deploy/processing";
import type { DeploymentRecord } from "../state/records";
import type { EmulatorState } from "../state/state";

/** Where the web servers of the Deployments are, each below its id. */
export const airflowPrefix = "/airflow/";

/** A DAG file that Airflow cannot import, if the Deployment has it. */
export interface ImportFault {
  /** Only on this Deployment. Default: on any. */
  deploymentId?: string | undefined;
  /** Relative to the DAG folder. */
  file: string;
  /** What Airflow shows as the `stack_trace`. */
  trace: string;
  /** Only in this version of the DAGs. Default: in any. */
  dagTarballVersion?: string | undefined;
}

/** What Airflow found when it last parsed the DAG files. */
export interface Parsing {
  /** When that was: a row of Airflow has the time of the last parse, not of the first. */
  at: string;
  /** The files that were imported. Each counts as one DAG. */
  imported: string[];
  failed: ImportFault[];
}

/**
 * The last parse before now. All files are parsed together at fixed intervals, of the version that
 * the Deployment ran at that time. The emulator cannot see the files of an image, so without DAG
 * deploys there are those that fail only.
 */
export async function lastParsing(
  state: EmulatorState,
  deployment: DeploymentRecord,
): Promise<Parsing> {
  const { parseIntervalMs } = state.settings;
  const at = Math.floor(state.clock.now() / parseIntervalMs) * parseIntervalMs;
  const version = versionAt(state, deployment, at);
  const files = version === undefined ? [] : await dagFiles(state, version);
  const failed = [...state.importFaults.values()].filter(
    (fault) =>
      (fault.deploymentId ?? deployment.id) === deployment.id &&
      (fault.dagTarballVersion ?? version) === version &&
      (files.includes(fault.file) || !deployment.isDagDeployEnabled),
  );
  return {
    at: new Date(at).toISOString(),
    imported: files.filter((file) => !failed.some((fault) => fault.file === file)),
    failed,
  };
}

/** The version of the DAGs that a Deployment ran at a time. */
function versionAt(state: EmulatorState, { id }: DeploymentRecord, at: number): string | undefined {
  const ended = state
    .deploys(id)
    .filter(({ status, updatedAt }) => status === "DEPLOYED" && Date.parse(updatedAt) <= at)
    .sort((a, b) => Date.parse(a.updatedAt) - Date.parse(b.updatedAt));
  return ended.at(-1)?.internal.snapshot?.dagTarballVersion;
}

async function dagFiles(state: EmulatorState, version: string): Promise<string[]> {
  // What somebody else deployed has no upload behind it.
  if (!state.blobs.version(version)) return [];
  const members = await membersOf(state, version);
  return members
    .map(({ name }) => name.replace(/^dags\//, ""))
    .filter((name) => name.endsWith(".py"));
}
