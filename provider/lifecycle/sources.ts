import type { TreeDigest } from "../artifact/digest";
import type { DeployInputs } from "./inputs";

/** A folder that a deploy ships, and the rules that hold for what is in it. */
export interface TreeSource {
  /** The input that names the folder. */
  property: "dags" | "bundle";
  folder: string;
  options: { exclude: string[]; prefix: string };
  /** Why what was found must not be shipped, if it must not. */
  refusal(digest: TreeDigest): string | undefined;
}

/** Where Airflow looks for DAGs inside the archive, unless the Deployment is set up otherwise. */
const defaultDagsBaseDir = "dags";

export function dagsSource(inputs: DeployInputs): TreeSource | undefined {
  if (inputs.dags === undefined) return undefined;
  return {
    property: "dags",
    folder: inputs.dags,
    options: { exclude: inputs.exclude ?? [], prefix: inputs.dagsBaseDir ?? defaultDagsBaseDir },
    refusal: (digest) =>
      digest.files === 0 && inputs.allowEmptyDags !== true
        ? `(${inputs.dags ?? ""}) has no files to ship: deploying it would remove every DAG from the Deployment. Name a folder with DAGs, or set allowEmptyDags to true.`
        : undefined,
  };
}

export function bundleSource(inputs: DeployInputs): TreeSource | undefined {
  if (inputs.bundle === undefined) return undefined;
  return {
    property: "bundle",
    folder: inputs.bundle,
    options: { exclude: inputs.exclude ?? [], prefix: "" },
    refusal: (digest) =>
      digest.files === 0
        ? `(${inputs.bundle ?? ""}) has no files to ship. Name the folder that holds the bundle, a dbt project for example.`
        : undefined,
  };
}
