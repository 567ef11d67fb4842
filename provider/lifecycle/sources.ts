import type { TreeDigest } from "../artifact/digest";
import { parseImageReference, type ImageReference } from "../artifact/image/reference";
import { dbtRefusal } from "./dbt";
import type { DeployInputs } from "./inputs";

/** A folder that a deploy ships. */
export interface TreeSource {
  /** The input that names the folder. */
  property: "dags" | "bundle";
  folder: string;
  options: { exclude: string[]; prefix: string };
  /** The input that holds the digest of its content. */
  digest: "dagsDigest" | "bundleDigest";
  /** Where the version that the blob store gives its archive is kept, and finalized by. */
  version: "dagTarballVersion" | "bundleTarballVersion";
  /** The deploy's field with the URL that its archive is uploaded to. */
  url: "dagsUploadUrl" | "bundleUploadUrl";
  /** Why what was found must not be shipped, if it must not. */
  refusal(digest: TreeDigest): Promise<string | undefined>;
}

/** Where Airflow looks for DAGs inside the archive, unless the Deployment is set up otherwise. */
const defaultDagsBaseDir = "dags";

/** The folders that a deploy with these inputs ships. */
export function treeSources(inputs: DeployInputs): TreeSource[] {
  if (inputs.rollbackTo !== undefined) return [];
  const { dags, bundle, exclude = [], dagsBaseDir = defaultDagsBaseDir } = inputs;
  const sources: TreeSource[] = [];
  if (dags !== undefined) {
    sources.push({
      property: "dags",
      folder: dags,
      options: { exclude, prefix: dagsBaseDir },
      digest: "dagsDigest",
      version: "dagTarballVersion",
      url: "dagsUploadUrl",
      refusal: ({ files }) =>
        Promise.resolve(
          files === 0 && !inputs.allowEmptyDags
            ? "the folder has no files to ship: deploying it would remove every DAG from the Deployment. Name a folder with DAGs, or set allowEmptyDags to true."
            : undefined,
        ),
    });
  }
  if (bundle !== undefined) {
    sources.push({
      property: "bundle",
      folder: bundle,
      options: { exclude, prefix: "" },
      digest: "bundleDigest",
      version: "bundleTarballVersion",
      url: "bundleUploadUrl",
      refusal: async ({ files }) => {
        if (files === 0) {
          return "the folder has no files to ship. Name the folder that holds the bundle, a dbt project for example.";
        }
        return inputs.bundleType === "dbt" ? dbtRefusal(bundle, exclude) : undefined;
      },
    });
  }
  return sources;
}

/** The image that a deploy with these inputs ships. */
export function imageSource(inputs: DeployInputs): ImageReference | undefined {
  const { image, rollbackTo } = inputs;
  return image === undefined || rollbackTo !== undefined ? undefined : parseImageReference(image);
}
