import { isAbsolute, relative, resolve } from "node:path";
import type { TreeDigest } from "../../artifact/digest";
import type { Tree } from "../../artifact/fileMap";
import { requestLimit } from "../../hosts/settings";
import type { ImageInfo } from "../../image/info";
import { inspectImage } from "../../image/inspect";
import { parseImageReference, type ImageReference } from "../../image/reference";
import type { Session } from "../session";
import { dbtRefusal } from "./dbt";
import type { Declaration } from "../inputs/declaration";
import { isMadeByProgram, locate, type TreeInput } from "./fileSource";
import type { DeployInputs } from "../inputs/table";
import { type MessageCode } from "../../messages";

/** Why files must not be shipped. */
interface Refusal {
  reason: string;
  code: MessageCode;
}

/** Files that a deploy ships. */
export interface TreeSource {
  /** The input that names them. */
  property: TreeInput;
  /**
   * The files: with absolute paths, as far as they are known. Undefined if the program made them for
   * another `pulumi up`, as with `ignoreChanges`.
   */
  tree: Tree | undefined;
  options: { exclude: string[]; prefix: string };
  /** The input that holds the digest of its content. */
  digest: "dagsDigest" | "bundleDigest";
  /** The input that holds the digests of its files. */
  summary: "dagsFiles" | "bundleFiles";
  /** Where the version that the blob store gives its archive is kept, and finalized by. */
  version: "dagTarballVersion" | "bundleTarballVersion";
  /** The deploy's field with the URL that its archive is uploaded to. */
  url: "dagsUploadUrl" | "bundleUploadUrl";
  /** Why what was found must not be shipped, if it must not. */
  refusal(digest: TreeDigest): Promise<Refusal | undefined>;
}

/** Where Airflow looks for DAGs inside the archive, unless the Deployment is set up otherwise. */
const defaultDagsBaseDir = "dags";

/** The files that a deploy with these inputs ships. */
export function treeSources(
  inputs: DeployInputs,
  { folder, files }: Pick<Declaration, "folder" | "files">,
): TreeSource[] {
  if (inputs.rollbackTo !== undefined) return [];
  const { dags, bundle, exclude = [], dagsBaseDir = defaultDagsBaseDir } = inputs;
  const sources: TreeSource[] = [];
  const treeOf = (property: TreeInput) => {
    const source = isMadeByProgram(inputs[property]) ? files?.[property] : inputs[property];
    return source === undefined ? undefined : locate(source, folder);
  };
  if (dags !== undefined) {
    sources.push({
      property: "dags",
      tree: treeOf("dags"),
      options: { exclude, prefix: dagsBaseDir },
      digest: "dagsDigest",
      summary: "dagsFiles",
      version: "dagTarballVersion",
      url: "dagsUploadUrl",
      refusal: ({ files }) =>
        Promise.resolve(
          files === 0 && !inputs.allowEmptyDags
            ? {
                code: "no-files",
                reason:
                  "there are no files to ship: deploying it would remove every DAG from the Deployment. Name a folder with DAGs, or set allowEmptyDags to true.",
              }
            : undefined,
        ),
    });
  }
  if (bundle !== undefined) {
    const tree = treeOf("bundle");
    const options = { exclude, prefix: "" };
    sources.push({
      property: "bundle",
      tree,
      options,
      digest: "bundleDigest",
      summary: "bundleFiles",
      version: "bundleTarballVersion",
      url: "bundleUploadUrl",
      refusal: async ({ files }) => {
        if (files === 0) {
          return {
            code: "no-files",
            reason:
              "there are no files to ship. Name the folder that holds the bundle, a dbt project for example.",
          };
        }
        if (inputs.bundleType !== "dbt" || tree === undefined) return undefined;
        const reason = await dbtRefusal(tree, exclude);
        return reason === undefined ? undefined : { code: "no-dbt-project", reason };
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

/** What is known of an image, found out once a process. */
export function inspectOnce(
  { settings, memo }: Session,
  image: ImageReference,
): Promise<ImageInfo> {
  const { imageTool: tool } = settings;
  const limit = requestLimit(settings);
  return memo.once("image", [image, tool], () => inspectImage(image, { tool, limit }));
}
