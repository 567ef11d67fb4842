import { isAbsolute, relative, resolve } from "node:path";
import type { TreeDigest } from "../../artifact/digest";
import { parseImageReference, type ImageReference } from "../../image/reference";
import { dbtRefusal } from "./dbt";
import type { DeployInputs } from "./table";
import { hasUnknown } from "./unknownValue";

/** A folder that a deploy ships. */
export interface TreeSource {
  /** The input that names the folder. */
  property: "dags" | "bundle";
  /** Where it is: absolute, unless it is not known yet. */
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

/**
 * The folders that a deploy with these inputs ships.
 *
 * @param start - Where relative paths start.
 */
export function treeSources(inputs: DeployInputs, start: string): TreeSource[] {
  if (inputs.rollbackTo !== undefined) return [];
  const { dags, bundle, exclude = [], dagsBaseDir = defaultDagsBaseDir } = inputs;
  const sources: TreeSource[] = [];
  const locate = (path: string) => (hasUnknown(path) ? path : resolve(start, path));
  if (dags !== undefined) {
    sources.push({
      property: "dags",
      folder: locate(dags),
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
      folder: locate(bundle),
      options: { exclude, prefix: "" },
      digest: "bundleDigest",
      version: "bundleTarballVersion",
      url: "bundleUploadUrl",
      refusal: async ({ files }) => {
        if (files === 0) {
          return "the folder has no files to ship. Name the folder that holds the bundle, a dbt project for example.";
        }
        return inputs.bundleType === "dbt" ? dbtRefusal(locate(bundle), exclude) : undefined;
      },
    });
  }
  return sources;
}

/**
 * The image that a deploy with these inputs ships.
 *
 * @param start - Where relative paths start.
 */
export function imageSource(inputs: DeployInputs, start: string): ImageReference | undefined {
  const { image, rollbackTo } = inputs;
  if (image === undefined || rollbackTo !== undefined) return undefined;
  const reference = parseImageReference(image);
  if (!reference || !("path" in reference) || isAbsolute(reference.path)) return reference;
  // Relative to this process, since skopeo ends a path at a colon, which the folders above may have.
  return { ...reference, path: relative("", resolve(start, reference.path)) || "." };
}
