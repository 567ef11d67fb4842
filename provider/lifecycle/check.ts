import { ArtifactError } from "../artifact/error";
import { digestTree, type TreeDigest } from "../artifact/digest";
import { maxSummaryKeys } from "../artifact/summary";
import { ImageError, shipProblem } from "../image/info";
import { inspectImage } from "../image/inspect";
import { unsupportedReason } from "../image/tools";
import type { GitRequest } from "../astro/types";
import { requestLimit } from "../hosts/settings";
import type { Session } from "./session";
import { defaultMountPath, hasDefaultMountPath } from "./inputs/dbt";
import { declarationProperty, readDeclaration, type Declaration } from "./inputs/declaration";
import { partKnown, withoutTexts } from "./inputs/fileSource";
import { inputsThat, isManaged, type DeployInputs } from "./inputs/table";
import { mountPathFailures, validate, type CheckFailure } from "./inputs/validate";
import { withFullStop } from "./text";
import { reportNoSource } from "./inputs/noSource";
import { imageSource, treeSources, type TreeSource } from "./inputs/sources";
import { hasUnknown, unknownValue } from "./inputs/unknownValue";

export interface CheckResult {
  inputs: DeployInputs;
  failures: CheckFailure[];
}

/** Not the program's: the host's, and what is computed here; `ignoreChanges` brings that back. */
const computedInputs = new Set<string>([
  "__provider",
  declarationProperty,
  ...inputsThat((facts) => facts.computed),
]);

/**
 * Validates and completes what the program passed: the organization from the configuration, the
 * mount path of a dbt project, and the digests of the sources, so that the preview knows whether
 * their content changed. Astro is not
 * asked; a registry or a Docker daemon is, if the image is there.
 *
 * @param olds - The inputs in the state. Empty for a resource that is about to be created, be it
 *   to replace another: the engine checks that one a second time.
 */
export async function check(
  session: Session,
  olds: Readonly<Record<string, unknown>>,
  args: Readonly<Record<string, unknown>>,
): Promise<CheckResult> {
  const { organizationId, apiVersion, problems } = session.settings;
  const declaration = readDeclaration(args[declarationProperty]);
  const isGitUndefined = declaration.undefinedArgs.includes("git") && (args.git ?? null) === null;
  const given = Object.fromEntries(
    Object.entries(args).filter(
      ([name]) => !computedInputs.has(name) && !(name === "git" && isGitUndefined),
    ),
  );
  // The host cannot send a member that is undefined.
  const inputs: Record<string, unknown> = {
    ...(organizationId !== undefined && { organizationId }),
    ...given,
  };
  const failures = [
    ...problems.map((reason) => ({ property: "", reason })),
    ...validate(inputs, apiVersion),
  ];
  const { checked, files } = withoutTexts(inputs);
  if (failures.length > 0) return { inputs: checked, failures };
  Object.assign(declaration, { files });

  const isNew = Object.keys(olds).length === 0;
  if (isNew) reportNoSource(session, declaration, checked);
  else if (isManaged(olds)) session.declarations.keepSource(declaration);
  // A commit that could not be determined is no change: it stays until something else replaces
  // the deploy, whose own commit is then not known.
  if (isGitUndefined && olds.git !== undefined) checked.git = olds.git as GitRequest;

  const sources = treeSources(checked, declaration);
  if (hasDefaultMountPath(checked)) {
    const tree = sources.find(({ property }) => property === "bundle")?.tree;
    const mountPath = await defaultMountPath(session, checked, tree);
    if (mountPath !== undefined) checked.bundleMountPath = mountPath;
    failures.push(...mountPathFailures(mountPath));
  }
  for (const source of sources) {
    const [content, problem] = await digestSource(session, source, declaration, olds);
    if (problem) failures.push(problem);
    if (!content) continue;
    Object.assign(checked, { [source.digest]: content.digest, [source.summary]: content.summary });
  }
  const [imageDigest, problem] = await digestImage(session, checked, declaration.folder);
  if (problem) failures.push(problem);
  if (imageDigest !== undefined) checked.imageSourceDigest = imageDigest;
  session.declarations.keep(checked, declaration);
  return { inputs: checked, failures };
}

async function digestImage(
  session: Session,
  inputs: DeployInputs,
  folder: string,
): Promise<[string | undefined, CheckFailure?]> {
  const { settings } = session;
  if (hasUnknown(inputs.image)) return [unknownValue];
  const image = imageSource(inputs, folder);
  if (!image) return [undefined];
  const fail = (reason: string) => ({
    property: "image",
    reason: withFullStop(reason),
  });
  try {
    const { imageTool: tool } = settings;
    const limit = requestLimit(settings);
    const facts = await session.memo.once("image", [image, tool], () =>
      inspectImage(image, { tool, limit }),
    );
    const inapt = unsupportedReason(image.transport, tool, facts.isOnlyImage);
    const reason = shipProblem(facts) ?? (inapt && `cannot be shipped: ${inapt}`);
    return reason === undefined ? [facts.digest] : [facts.digest, fail(reason)];
  } catch (error) {
    if (error instanceof ImageError) return [undefined, fail(`cannot be read: ${error.message}`)];
    throw error;
  }
}

/** What the inputs hold of the content of a source; each part of it may be unknown in a preview. */
interface SourceContent {
  digest: string;
  summary: Record<string, string> | string;
}

const unknownContent: SourceContent = { digest: unknownValue, summary: unknownValue };

/** Outside of a preview the engine takes no unknown value, not even beside a failure. */
async function digestSource(
  session: Session,
  source: TreeSource,
  declaration: Declaration,
  olds: Partial<DeployInputs>,
): Promise<[SourceContent | undefined, CheckFailure?]> {
  const { property, tree, options } = source;
  // The engine has brought back what the state says: the content is what it was.
  if (tree === undefined) {
    const { [source.digest]: digest, [source.summary]: summary = {} } = olds;
    return [digest === undefined ? undefined : { digest, summary }];
  }
  const { known, unknown } = partKnown(tree);
  if (known === undefined || hasUnknown(options)) return [unknownContent];
  try {
    const digest = await session.memo.once("digest", [known, options], () =>
      digestTree(known, { ...options, signal: session.signal }),
    );
    reportProject(session, declaration, property, digest);
    if (unknown.length > 0) return [withUnknown(digest, unknown)];
    const reason = await source.refusal(digest);
    return reason === undefined ? [digest] : [digest, { property, reason }];
  } catch (error) {
    if (error instanceof ArtifactError) return [undefined, { property, reason: error.message }];
    throw error;
  }
}

/** Of very many files the keys are those of folders, which may depend on the unknown ones, too. */
function withUnknown({ files, summary }: TreeDigest, unknown: readonly string[]): SourceContent {
  if (files + unknown.length > maxSummaryKeys) return unknownContent;
  const unknownFiles = Object.fromEntries(unknown.map((name) => [name, unknownValue]));
  return { digest: unknownValue, summary: { ...summary, ...unknownFiles } };
}

/** Says that a folder which ships is, or holds, a Pulumi project: most likely the program's own. */
function reportProject(
  { declarations, reporter }: Session,
  declaration: Declaration,
  property: string,
  { projectFile }: TreeDigest,
): void {
  if (projectFile === undefined) return;
  declarations.reportOnce(
    declaration,
    `${property} ships a Pulumi project, with its program and stack files (${projectFile}). Name a folder without it, or exclude it.`,
    (message) => {
      reporter.warning(message);
    },
  );
}
