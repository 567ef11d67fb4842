import type { IncomingMessage } from "node:http";
import { json, type Reply } from "../http";
import type { EmulatorState } from "../state/state";
import { airflowPrefix, lastParsing, type Parsing } from "./parsing";

/** The generations of Airflow's REST API: of Airflow 2, and of Airflow 3. */
type Generation = "v1" | "v2";

export type AirflowOperation = "ListImportErrors" | "ListDags";

interface AirflowRequest {
  operation: AirflowOperation;
  deploymentId: string;
  generation: Generation;
}

const operations = { importErrors: "ListImportErrors", dags: "ListDags" } as const;

/** The most rows of an answer, and how many there are if the request does not say. */
const pages: Record<Generation, { max: number; byDefault: number }> = {
  v1: { max: 100, byDefault: 100 },
  v2: { max: 100, byDefault: 50 },
};

export function airflowGeneration(airflowVersion: string): Generation {
  return airflowVersion.startsWith("2.") ? "v1" : "v2";
}

/** The request to an Airflow that a path is. */
export function findAirflowRequest(path: string): AirflowRequest | undefined {
  const [deploymentId = "", api, generation, resource = "", ...rest] = path
    .slice(airflowPrefix.length)
    .split("/");
  if (api !== "api" || (generation !== "v1" && generation !== "v2")) return undefined;
  if (!Object.hasOwn(operations, resource) || rest.length > 0) return undefined;
  return { operation: operations[resource as keyof typeof operations], deploymentId, generation };
}

/** What the Airflow of a Deployment answers. */
export async function answerAirflow(
  state: EmulatorState,
  message: IncomingMessage,
  request: AirflowRequest | undefined,
  query: URLSearchParams,
): Promise<Reply> {
  const deployment = request && state.deployment(request.deploymentId);
  if (!request || !deployment) return problem("v2", 404, "Not Found");
  const { operation, generation } = request;
  if (generation !== airflowGeneration(deployment.airflowVersion)) {
    return problem(generation, 404, "Not Found");
  }
  const token = state.tokens.find(message.headers.authorization);
  if (!token) return problem(generation, 401, "Unauthorized");
  if (token.deployments?.includes(deployment.id) === false) {
    return problem(generation, 403, "Forbidden");
  }
  const parsing = await lastParsing(state, deployment);
  const rows =
    operation === "ListDags" ? dagRows(parsing, generation) : errorRows(parsing, generation);
  const { max, byDefault } = pages[generation];
  const limit = Math.min(Number(query.get("limit") ?? byDefault), max);
  const offset = Number(query.get("offset") ?? 0);
  return json(200, {
    [operation === "ListDags" ? "dags" : "import_errors"]: rows.slice(offset, offset + limit),
    total_entries: rows.length,
  });
}

/** Airflow 2 names a file by its path in the pod, and Airflow 3 relative to its bundle. */
const dagFolder = "/usr/local/airflow/dags/";

function errorRows({ at, failed }: Parsing, generation: Generation) {
  return failed.map(({ file, trace }, index) => ({
    import_error_id: index + 1,
    timestamp: at,
    filename: generation === "v1" ? dagFolder + file : file,
    ...(generation === "v2" && { bundle_name: "dags-folder" }),
    stack_trace: trace,
  }));
}

function dagRows({ at, imported }: Parsing, generation: Generation) {
  return imported.map((file) => ({
    dag_id: file.replace(/\.py$/, "").replaceAll("/", "."),
    is_active: true,
    is_paused: false,
    fileloc: dagFolder + file,
    last_parsed_time: at,
    ...(generation === "v2" && { relative_fileloc: file, bundle_name: "dags-folder" }),
  }));
}

/** Errors of Airflow 2 are of RFC 7807; those of Airflow 3 have the detail alone. */
function problem(generation: Generation, status: number, detail: string): Reply {
  return json(
    status,
    generation === "v2" ? { detail } : { detail, status, title: detail, type: "about:blank" },
  );
}
